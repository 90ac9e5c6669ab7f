"""What the shop's plugin sends with an order, in its own shape: a case for each branch of the rule whose an order is."""

from typing import Any

AT = 1_898_553_600


def from_plugin(**parts: Any) -> dict[str, Any]:
    """What the shop's plugin sends with an order: every key is there, in PHP's way of writing what is empty."""
    multi_touch = {"first_touch": {"source": "google_ads", "timestamp": AT}, "last_touch": [], "linear": []}
    return {
        "gclid": "",
        "fbclid": "",
        "ttclid": "",
        "msclkid": "",
        "first_touch": {"gclid": "G-1", "timestamp": AT},
        "last_touch": [],
        "utm": {"utm_source": "tiktok", "utm_medium": "paid", "utm_campaign": "1790000000000000001"},
        "multi_touch": multi_touch,
        "touchpoints": [{"source": "google_ads", "timestamp": AT}],
    } | parts


TIKTOKS = {
    "the last touch has TikTok's click": from_plugin(gclid="G-1", last_touch={"ttclid": "T-1", "timestamp": AT}),
    "the last touch names TikTok": from_plugin(last_touch={"source": "tiktok_ads", "gclid": "G-1", "timestamp": AT}),
    "the other record's last touch has the click": from_plugin(multi_touch={"last_touch": {"ttclid": "T-1"}}),
    "the other record's last touch names TikTok": from_plugin(gclid="G-1", multi_touch={"last_touch": {"source": "tiktok_ads"}}),
    "no touch, and the cookie holds TikTok's click alone": from_plugin(ttclid="T-1"),
}

OTHERS = {
    "the last touch is Google's": from_plugin(ttclid="T-1", last_touch={"gclid": "G-1", "timestamp": AT}),
    "the last touch has two clicks and no name": from_plugin(ttclid="T-1", last_touch={"gclid": "G-1", "ttclid": "T-1"}),
    "the last touch had no ad": from_plugin(ttclid="T-1", last_touch={"timestamp": AT}),
    "the last touch goes before the other record": from_plugin(
        last_touch={"fbclid": "F-1"}, multi_touch={"last_touch": {"source": "tiktok_ads"}}
    ),
    "the other record's last touch is Meta's": from_plugin(ttclid="T-1", multi_touch={"last_touch": {"source": "meta_ads"}}),
    "no touch, and the cookie holds Google's click too": from_plugin(ttclid="T-1", gclid="G-1"),
    "no touch, and the cookie holds Meta's click too": from_plugin(ttclid="T-1", fbclid="F-1"),
    "only the first touch is TikTok's": from_plugin(first_touch={"ttclid": "T-1", "timestamp": AT}),
    "nothing at all": from_plugin(),
}
