"""A browser without script: it opens pages, fills in their forms and sends them as HTML says, and knows nothing else."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import MappingProxyType
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx

_VOID: Final = frozenset({"input", "br", "hr", "meta", "link", "use"})


@dataclass
class Control:
    """What is sent of one name; `values` are those it may have, empty where anything may be typed."""

    sent: list[str] = field(default_factory=list)
    values: set[str] = field(default_factory=set)
    is_file: bool = False


@dataclass
class Button:
    text: str = ""
    name: str = ""
    value: str = ""
    action: str = ""


@dataclass
class Form:
    action: str
    method: str
    enctype: str
    controls: dict[str, Control] = field(default_factory=dict)
    buttons: list[Button] = field(default_factory=list)


@dataclass
class Plain:
    """One window; `page` is what it shows now."""

    client: httpx.Client
    page: httpx.Response | None = None

    def __post_init__(self) -> None:
        self.client.follow_redirects = True

    def open(self, address: str) -> None:
        self.page = self.client.get(address)
        assert self.page.status_code == 200, (address, self.page.status_code)

    @property
    def text(self) -> str:
        assert self.page is not None
        return self.page.text

    def forms(self) -> list[Form]:
        assert self.page is not None
        parser = _Forms()
        parser.feed(self.page.text)
        return parser.forms

    def send(
        self,
        where: str,
        also: Mapping[str, str] = MappingProxyType({}),
        /,
        *,
        press: str = "",
        file: tuple[str, bytes] | None = None,
        status: int = 200,
        **typed: str | list[str],
    ) -> None:
        """The first form that goes to `where` (a pattern of the whole path), by its button whose words or value are `press`.

        `also` are fields whose names mean something else here.
        """
        form, button = self._form(where, press)
        fields = {name: list(control.sent) for name, control in form.controls.items() if not control.is_file}
        for name, value in (typed | dict(also)).items():
            fields[name] = _fitting(form, name, [value] if isinstance(value, str) else value)
        if button.name:
            fields[button.name] = [button.value]
        files = [(name, file or ("", b"")) for name, one in form.controls.items() if one.is_file]
        assert file is None or files, "there is nothing to put a file into"
        assert self.page is not None
        to = urljoin(str(self.page.url), button.action or form.action)
        if form.method == "get":
            self.page = self.client.get(to, params=fields)
        elif form.enctype == "multipart/form-data":
            self.page = self.client.post(to, data=fields, files=files)
        else:
            self.page = self.client.post(to, data=fields)
        assert self.page.status_code == status, (to, self.page.status_code)

    def _form(self, action: str, press: str) -> tuple[Form, Button]:
        for form in self.forms():
            for button in form.buttons:
                path = urlsplit(button.action or form.action).path
                if re.fullmatch(action, path) and press in ("", button.value, button.text.strip()):
                    return form, button
        raise AssertionError(f"no button sends a form to {action}")


def _fitting(form: Form, name: str, values: list[str]) -> list[str]:
    assert name in form.controls, f"{name} is no field of the form to {form.action}: {sorted(form.controls)}"
    offered = form.controls[name].values
    assert not offered or offered.issuperset(values), f"{name} offers {sorted(offered)} and not {values}"
    return values


class _Forms(HTMLParser):
    """Controls belong to the form around them; what is disabled is not sent."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._form: Form | None = None
        self._select: tuple[Control, list[str]] | None = None
        self._text: Control | None = None
        self._button: Button | None = None
        self._disabled = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = {name: value or "" for name, value in attrs}
        if tag == "form":
            enctype = named.get("enctype", "application/x-www-form-urlencoded")
            self._form = Form(named.get("action", ""), named.get("method", "get").lower(), enctype)
            self.forms.append(self._form)
        elif tag == "fieldset":
            self._disabled += bool(self._disabled or "disabled" in named)
        elif self._form is not None and not self._disabled and "disabled" not in named:
            self._control(tag, named)

    def _control(self, tag: str, named: dict[str, str]) -> None:
        assert self._form is not None
        if tag == "button" and named.get("type", "submit") == "submit":
            self._button = Button(
                "", named.get("name", ""), named.get("value", ""), named.get("formaction", "")
            )
            self._form.buttons.append(self._button)
        elif tag == "option" and self._select is not None:
            control, chosen = self._select
            control.values.add(named.get("value", ""))
            if "selected" in named or not chosen:
                chosen[:] = [named.get("value", "")]
        elif named.get("name") and tag in ("input", "select", "textarea"):
            control = self._form.controls.setdefault(named["name"], Control())
            self._take(tag, control, named)

    def _take(self, tag: str, control: Control, named: dict[str, str]) -> None:
        kind = named.get("type", "text")
        if tag == "select":
            self._select = (control, control.sent)
        elif tag == "textarea":
            self._text = control
            control.sent.append("")
        elif kind in ("radio", "checkbox"):
            control.values.add(named.get("value", "on"))
            if "checked" in named:
                control.sent.append(named.get("value", "on"))
        elif kind == "file":
            control.is_file = True
        else:
            control.sent.append(named.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        match tag:
            case "form":
                self._form = None
            case "fieldset":
                self._disabled -= bool(self._disabled)
            case "select":
                self._select = None
            case "textarea":
                self._text = None
            case "button":
                self._button = None

    def handle_data(self, data: str) -> None:
        if self._text is not None:
            self._text.sent[-1] += data
        if self._button is not None:
            self._button.text += data
