"""The keys that operations of Moto return: always the same ones, and stored nowhere. A test asks Moto for them."""

from __future__ import annotations

from qapps_mock.s3.signature import Secret

_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYzEXAMPLEKEY"
_OF_SESSION = (
    "AQoEXAMPLEH4aoAH0gNCAPyJxz4BlCFFxWNE1OPTgk5TthT+FvwqnKwRcOIfrRh3c/LTo6UDdyJwOOvEVPvLXCrrrUtdnniCEXAMPLE/"
    "IvU1dYUg2RVAJBanLiHb4IgRmpRV3zrkuWJOgQs8IZZaIv2BXIa2R4OlgkBN9bkUDNCJiBeb/AXlzBBko7b15fjrBs2+cTQtpZ3CYWFXG8C5"
    "zqx37wnOE49mRl/+OtkIKGO7fAE"
)
_OF_FEDERATION = (
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8Y"
    "UuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE"
    "8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2"
    "ICCR/oLxBA=="
)

FIXED = {
    # GetSessionToken and GetFederationToken of STS.
    "AKIAIOSFODNN7EXAMPLE": (Secret(_SECRET, _OF_SESSION), Secret(_SECRET, _OF_FEDERATION)),
    # GetCredentialsForIdentity of Cognito.
    "TESTACCESSKEY12345": (Secret("ABCSECRETKEY", "ABC12345"),),
}
