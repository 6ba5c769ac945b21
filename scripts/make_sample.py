"""Makes what the real part of `samples/uci` lacks: names, postal addresses and the manifest, all plainly invented.

The loans, payments, months and (synthetic) phone and mail contacts lie beside it already; see samples/uci/README.md.
The same seed gives the same bytes.
"""

import argparse
import csv
import gzip
import hashlib
import io
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SAMPLE: Final = Path(__file__).parents[1] / "samples" / "uci"
SEED: Final = "arrears-uci-1"
AS_OF: Final = "2005-09-30"

# Birds, stones and trees are no Chinese family names, and no child is called after a solar term and a tool.
ZH_FAMILY: Final = (
    "云雀 青石 白桦 松鼠 竹蜻 雨燕 苔原 麦浪 海星 蒲苇 山雀 红杉 鹅卵 蓝鲸 银杏 芦花 浮萍 萤火 霜叶 珊瑚 "
    "灰鹤 野菊 石榴 河蚌 雪松 蜂鸟 荷塘 沙枣 胡杨 白鹭 水杉 青苔 榛子 刺猬 海棠 画眉 香樟 鹧鸪 芭蕉 麻雀"
)
ZH_GIVEN: Final = (
    "谷雨 立夏 小满 芒种 白露 秋分 寒露 霜降 大雪 惊蛰 砚台 陀螺 风筝 灯笼 竹篓 纸伞 木舟 铜铃 石磨 藤椅 "
    "春分 清明 小暑 处暑 立冬 冬至 小寒 雨水 算盘 蓑衣 风车 水车 竹笛 陶罐 木梳 草帽 棋盘 瓦当 书签 墨盒"
)
ZH_ROAD: Final = "不存在路 虚构街 样例巷 想象大道 空白里 假设弄"
ZH_TOWN: Final = "示例市云上区 示例市纸面区 样本县无名镇 虚构市倒影区"

EN_FIRST: Final = (
    "Acorn Bramble Clover Dapple Ember Fennel Gingham Heather Inkwell Juniper Kestrel Linden Marble Nutmeg Orchard "
    "Pebble Quince Rushlight Saffron Thistle Umber Velvet Willow Yarrow"
)
EN_LAST: Final = (
    "Quillfeather Mossbarrow Inkpenny Thimblewick Larkwhistle Puddlestone Candlemoor Foxtrundle Buttonshaw Owlgarden "
    "Tinderbrook Saltwhisper Hazelwhit Copperfen Snowlantern Mirthwood"
)
EN_ROAD: Final = "Nowhere-Lane Placeholder-Street Imaginary-Row Blank-Terrace Specimen-Road"
EN_TOWN: Final = "Sampleton Exampleford Mockbridge"


@dataclass(frozen=True)
class Draws:
    """Reproducible choices: the n-th draw of one key comes from a hash and not from a generator's state."""

    key: str

    def number(self, what: str, below: int) -> int:
        digest = hashlib.sha256(f"{SEED}|{self.key}|{what}".encode()).digest()
        return int.from_bytes(digest[:8], "big") % below

    def pick(self, what: str, words: str) -> str:
        choices = words.split()
        return choices[self.number(what, len(choices))]


def person(borrower_id: str) -> tuple[dict[str, str], dict[str, str]]:
    """A borrower and a postal contact, Chinese or English by the draw."""
    draws = Draws(borrower_id)
    house, flat = 1 + draws.number("house", 300), 101 + draws.number("flat", 1900)
    if draws.number("language", 4):
        language = "zh-CN"
        name = draws.pick("family", ZH_FAMILY) + draws.pick("given", ZH_GIVEN)
        address = f"{draws.pick('town', ZH_TOWN)}{draws.pick('road', ZH_ROAD)}{house}号{flat}室"
    else:
        language = "en"
        name = f"{draws.pick('first', EN_FIRST)} {draws.pick('last', EN_LAST)}"
        address = f"Flat {flat}, {house} {draws.pick('road', EN_ROAD).replace('-', ' ')}, {draws.pick('town', EN_TOWN)} 00000"
    borrower = {
        "borrower_id": borrower_id,
        "kind": "person",
        "name": name,
        "language": language,
        "address": address,
        "service_address_agreed": str(int(draws.number("agreed", 3) == 0)),
    }
    contact = {
        "borrower_id": borrower_id,
        "channel": "post",
        "address": address,
        "language": language,
        "timezone": "Asia/Taipei",
        "preferred": "0",
        "do_not_contact": "0",
    }
    return borrower, contact


def write_csv(path: Path, rows: Iterable[dict[str, str]]) -> None:
    text = io.StringIO()
    writer: csv.DictWriter[str] | None = None
    for row in rows:
        if writer is None:
            writer = csv.DictWriter(text, list(row), lineterminator="\n")
            writer.writeheader()
        writer.writerow(row)
    # Without a name and a time inside, the same rows are the same bytes.
    path.write_bytes(gzip.compress(text.getvalue().encode(), compresslevel=9, mtime=0))


def rows_of(path: Path) -> Iterator[dict[str, str]]:
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)


def manifest_entry(path: Path) -> dict[str, object]:
    kind = path.name.partition(".")[0].partition("-")[0]
    amount = {"loans": "balance_minor", "payments": "amount_minor"}.get(kind)
    count, totals = 0, Counter[str]()
    for row in rows_of(path):
        count += 1
        if amount:
            totals[row["currency"]] += int(row[amount])
    entry: dict[str, object] = {
        "name": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "rows": count,
    }
    return entry | ({"totals": dict(totals)} if amount else {})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=Path, default=SAMPLE)
    intake: Path = parser.parse_args().sample / "intake"
    people = [person(loan["borrower_id"]) for loan in rows_of(intake / "loans.csv.gz")]
    write_csv(intake / "borrowers.csv.gz", (borrower for borrower, _ in people))
    write_csv(intake / "contacts-postal.csv.gz", (contact for _, contact in people))
    manifest = {
        "sender": "uci-sample",
        "sequence": 1,
        "as_of_date": AS_OF,
        "eod": True,
        "files": [manifest_entry(path) for path in sorted(intake.glob("*.csv.gz"))],
    }
    (intake / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
    print(f"{len(people)} people, {len(manifest['files'])} files in {intake}")  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
