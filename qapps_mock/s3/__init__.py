"""S3's half: form posts to a bucket (POST Object), judged as S3 judges them. Knows nothing of Q Apps.

Sources: the Amazon S3 API reference ("POST Object", "POST policy", "Authenticating POST requests")
and recorded answers of S3. Where other S3 servers are the only source, a comment says so.
"""
