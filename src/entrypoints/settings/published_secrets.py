"""Example secrets that anybody can read in this project's own text: as good as none, so they are refused.

Whoever shows a secret in a document, `.env.example` or the demo takes one from here or adds it here. The secret of the
Auth.js test vectors stays out on purpose: the contract says so.
"""

DEMO_APP_ID = "7000000000000000001"
DEMO_APP_SECRET = "demo-app-secret-that-everybody-can-read"

EXAMPLE_APP_SECRET = "replace-with-the-secret-of-your-tiktok-app"
EXAMPLE_ENCRYPTION_KEY = "e7a1c05d3f9b2846d17e60ba94c8f25317ad3b0e6f48c2915bd70e83a46cf219"
EXAMPLE_DASHBOARD_KEY = "4c0d9be2715fa83660b7c4e19d52f08b7ae3165c90d4fb2837e6a1520cf98b3d"
EXAMPLE_AUTH_SECRET = "replace-with-the-auth-secret-of-your-dashboard"
EXAMPLE_CRON_SECRET = "replace-with-a-secret-for-the-cron-endpoint"
EXAMPLE_SERVICE_SECRET = "replace-with-a-secret-for-this-service"
EXAMPLE_METRICS_TOKEN = "replace-with-a-token-for-metrics"
EXAMPLE_WEBHOOK_SECRET = "whsec_cmVwbGFjZS13aXRoLWEtc2VjcmV0LW9mLXlvdXItb3du"
EXAMPLE_JWT_SECRET = "replace-with-the-hs256-secret-of-your-token-issuer"

PUBLISHED_SECRETS = (DEMO_APP_SECRET, *(text for name, text in tuple(globals().items()) if name.startswith("EXAMPLE_")))
