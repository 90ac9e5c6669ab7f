"""What is said after connecting, cancelling or disconnecting, where nothing failed."""

CONNECTED = "TikTok Ads is connected. Its tokens are renewed for you from now on."
NOTHING_CONNECTED = "Nothing was connected."
CHOSEN_BEFORE = "Nothing was cancelled: accounts had been chosen before. What is connected is listed here."

OTHERS_STAY = "Disconnected. The permission stays, since other accounts use it."
LAST_OF_ITS_PERMISSION = (
    "Disconnected. It was the last account of its permission, so its tokens are erased, and the permission is returned to TikTok"
    " unless another connection to the same accounts needs it."
)
NOT_CONNECTED = "This account was not connected any more. What is connected is listed here."
DISCONNECTED_BEFORE = "It was disconnected before. The dashboard's own list is brought up to date."
