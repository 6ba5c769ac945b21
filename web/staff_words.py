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
