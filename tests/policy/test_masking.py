import pytest

from arrears.policy.masking import masked_contact, masked_id, masked_mail, masked_name, masked_phone


@pytest.mark.rule("P11")
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("张三", "张*"),
        ("欧阳清和", "欧*"),
        ("Li Na", "L*"),
        ("  王", "王*"),
        ("", ""),
        ("  ", ""),
        ("上海样本有限公司", "上*"),
    ],
)
def test_a_name_keeps_its_first_character(name: str, shown: str) -> None:
    assert masked_name(name) == shown


@pytest.mark.rule("P11")
@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("13812345678", "138****5678"),
        ("+86 138-1234-5678", "861****5678"),
        ("12345678", "123****5678"),
        ("1234567", "****67"),
        ("110", "****10"),
        ("11", "****"),
        ("", "****"),
        ("none", "****"),
    ],
)
def test_a_phone_number_keeps_three_and_four(number: str, shown: str) -> None:
    assert masked_phone(number) == shown


@pytest.mark.rule("P11")
@pytest.mark.parametrize(
    ("number", "shown"),
    [("310101199001011234", "310****1234"), ("123456789", "123****6789"), ("12345678", "****"), ("", "****")],
)
def test_an_identity_number_keeps_three_and_four(number: str, shown: str) -> None:
    assert masked_id(number) == shown


@pytest.mark.rule("P11")
@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("qinghe@example.cn", "q****@example.cn"),
        ("a@b@example.cn", "a****@example.cn"),
        ("@example.cn", "****"),
        ("nothing", "****"),
        ("", "****"),
    ],
)
def test_a_mail_address_keeps_its_first_letter_and_its_house(address: str, shown: str) -> None:
    assert masked_mail(address) == shown


def test_what_is_neither_phone_nor_mail_is_hidden_whole() -> None:
    assert masked_contact("post", "样本市演示路9号") == "****"
    assert masked_contact("pigeon", "13812345678") == "****"
    assert masked_contact("sms", "13812345678") == "138****5678"
    assert masked_contact("email", "a@example.cn") == "a****@example.cn"
