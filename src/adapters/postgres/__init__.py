"""PostgreSQL as it is found behind poolers and failing networks: bounded connections, and what its errors mean."""
