"""The mocked S3: form uploads (POST Object) and presigned links, checked as S3 checks them. Knows nothing of Q Apps.

Sources: the Amazon S3 API reference ("POST Object", "POST policy", "Authenticating POST requests")
and recorded responses of S3. Where other S3 servers are the only source, a comment says so.
"""
