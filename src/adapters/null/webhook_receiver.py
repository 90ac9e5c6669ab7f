"""No receiver of webhooks."""

from application.ports.webhook_receiver import Taken


class NullWebhookReceiver:
    """Nobody wants to be told of anything."""

    @property
    def configured(self) -> bool:
        return False

    def send(self, message: str, body: str, *, attempt: int) -> Taken:
        return Taken()

    def check(self) -> None:
        pass
