"""What is said of those who work here: their browsers, and how each stands."""

from typing import Final

from web.words import Words, term

BROWSERS: Final[Words] = {
    "chrome": term("browser", "Chrome"),
    "edge": term("browser", "Edge"),
    "firefox": term("browser", "Firefox"),
    "safari": term("browser", "Safari"),
    "qq": term("browser", "QQ browser"),
    "wechat": term("browser", "WeChat"),
    "other": term("browser", "Another browser"),
}

STANDINGS: Final[Words] = {
    "active": term("standing of staff", "Here"),
    "invited": term("standing of staff", "Invited"),
    "overdue": term("standing of staff", "The link has run out"),
    "left": term("standing of staff", "Left"),
}

# What became of a task whose holder left.
CAME: Final[Words] = {
    "handed": term("handing over", "Handed over"),
    "queued": term("handing over", "Back to the queue"),
    "not_fit": term("handing over", "Back to the queue: the colleague has not the role"),
    "barred": term("handing over", "Back to the queue: four eyes, the colleague worked on the case"),
    "uncertified": term("handing over", "Back to the queue: no certificate of the colleague holds"),
    "gone": term("handing over", "Done or given back meanwhile"),
}
