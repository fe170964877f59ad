"""Properties of any file: what is written comes back, and the two ways of checking agree."""

import csv
import gzip
import io
from collections.abc import Sequence

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog_service.ingest.checks import Checker
from catalog_service.ingest.columns import COLUMNS, LARGEST_INTEGER, RULES, SEPARATOR, optional
from catalog_service.ingest.failures import InvalidFile
from catalog_service.ingest.header import Layout
from catalog_service.ingest.limits import Limits
from catalog_service.ingest.options import Blank
from catalog_service.ingest.records import Batch
from catalog_service.ingest.rejects import RejectsFile
from catalog_service.ingest.report import Findings
from tests.unit.ingest.files import HEADER, Product, csv_file, line, load, open_file, parsed, products_of

# Every character that a file in UTF-8 can hold but NUL, the dangerous ones far oftener than by chance.
CHARACTERS = st.one_of(
    st.sampled_from(",;\t\"'\n\r\\N0 \u2028\u0085\ufeff"),
    st.characters(exclude_characters="\0", codec="utf-8"),
)


def texts(longest: int) -> st.SearchStrategy[str]:
    return st.text(CHARACTERS, min_size=1, max_size=longest)


def decimals(digits: int, places: int) -> st.SearchStrategy[str]:
    return st.from_regex(
        rf"[0-9]{{1,{digits}}}(\.[0-9]{{1,{places}}})?", fullmatch=True, alphabet="0123456789."
    )


INTEGERS = st.integers(0, LARGEST_INTEGER).map(str)
PRODUCTS = st.tuples(texts(64), texts(255), texts(128), decimals(12, 6), INTEGERS, decimals(15, 17), INTEGERS)
SMALL_BLOCKS = st.integers(2, 200).map(lambda size: Limits(block_bytes=size))
TABLES = st.lists(PRODUCTS, min_size=1, max_size=12, unique_by=lambda product: product[0])


@st.composite
def files(draw: st.DrawFn, products: Sequence[Product]) -> bytes:
    """Write products as some program would."""
    names = draw(st.permutations([*COLUMNS, *draw(st.sampled_from([[], ["note"], ["a", "b;c"]]))]))
    tables = [dict(zip(COLUMNS, product, strict=True)) for product in products]
    rows = [[cells.get(name) or draw(texts(20)) for name in names] for cells in tables]
    end = draw(st.sampled_from(["\n", "\r\n", "\n\n"]))
    # Up to Python 3.12 the writer leaves a CR bare that is not part of its line end: nobody can read that.
    all_quoted = "\r" not in end and any("\r" in cell for row in rows for cell in row)
    quoting = csv.QUOTE_ALL if all_quoted or draw(st.booleans()) else csv.QUOTE_MINIMAL
    text = io.StringIO()
    separator = draw(st.sampled_from(",;\t"))
    writer = csv.writer(text, delimiter=separator, lineterminator=end, quoting=quoting)  # type: ignore[arg-type]
    writer.writerows([names, *rows])
    data = (draw(st.sampled_from(["", "\ufeff"])) + text.getvalue()).encode()
    return gzip.compress(data) if draw(st.booleans()) else data


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_table_written_in_any_dialect_comes_back_equal(data: st.DataObject) -> None:
    products = data.draw(TABLES)
    content = data.draw(files(products))
    assert sorted(load(content, data.draw(SMALL_BLOCKS))) == sorted(products)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(TABLES, st.integers(1, 500))
def test_sorting_in_many_runs_gives_what_sorting_in_one_gives(
    products: Sequence[Product], run_bytes: int
) -> None:
    text = io.StringIO()
    csv.writer(text).writerows([COLUMNS, *products])
    assert load(text.getvalue(), Limits(run_bytes=run_bytes)) == load(text.getvalue())


NEARLY_VALID = st.one_of(
    st.text(st.sampled_from("0123456789.-+eE \n\uff15\u0663x"), max_size=24),
    decimals(13, 7),
    texts(300),
    INTEGERS,
)


@settings(max_examples=500, deadline=None)
@given(st.sampled_from([*RULES, *map(optional, RULES)]), st.lists(NEARLY_VALID, min_size=1, max_size=5))
def test_a_block_is_valid_exactly_if_each_of_its_cells_is(rule: object, cells: list[str]) -> None:
    assert isinstance(rule, type(RULES[0]))
    cells_valid = all(rule.problem(cell) is None for cell in cells)
    assert bool(rule.block.fullmatch(SEPARATOR.join(cells))) is cells_valid


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.one_of(PRODUCTS, st.lists(NEARLY_VALID, min_size=6, max_size=8)), min_size=1, max_size=6),
    st.sampled_from(Blank),
)
def test_a_block_is_accepted_exactly_as_its_rows_one_by_one(rows: list[Sequence[str]], blank: Blank) -> None:
    layout = Layout(",", len(COLUMNS), range(len(COLUMNS)), (), COLUMNS, None)
    files = io.BytesIO(), io.BytesIO()
    whole, single = (Findings(RejectsFile(file, COLUMNS)) for file in files)
    together = Checker(layout, blank, whole).good_rows(
        Batch([list(row) for row in rows], range(1, len(rows) + 1), False)
    )
    checker = Checker(layout, blank, single)
    apart = [
        good
        for number, row in enumerate(rows, 1)
        for good in checker.good_rows(Batch([list(row)], [number], False))
    ]
    assert (together, whole.lowest()) == (apart, single.lowest())
    assert files[0].getvalue() == files[1].getvalue()


def plainly_read(content: str) -> list[Product] | None:
    """Read a file as plainly as can be, in one strict pass and cell by cell; None if any of it is bad."""
    try:
        header, *rows = [row for row in csv.reader(io.StringIO(content, newline="\n"), strict=True) if row]
    except (csv.Error, ValueError):
        return None
    if not rows or sorted(header) != sorted(COLUMNS) or any(len(row) != len(header) for row in rows):
        return None
    products = [tuple(row[header.index(column)] for column in COLUMNS) for row in rows]
    valid = all(
        rule.problem(cell) is None for product in products for rule, cell in zip(RULES, product, strict=True)
    )
    return products if valid and len({product[0] for product in products}) == len(products) else None


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_a_file_with_random_damage_is_read_as_one_plain_strict_pass_reads_it(data: st.DataObject) -> None:
    content = csv_file(
        line(product_name='"two\nlines"'),
        line(product_id="2", product_name='"a ""quoted"" name"'),
        line(product_id="3"),
    )
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(len(HEADER) + 1, len(content)))
        removed = data.draw(st.integers(0, 3))
        content = (
            content[:place] + data.draw(st.text('",\n\r-+.019 xé', max_size=3)) + content[place + removed :]
        )
    expected = plainly_read(content)
    try:
        found = products_of(open_file(content, data.draw(SMALL_BLOCKS)))
    except InvalidFile:
        found = None
    if expected is not None or found is not None:
        unsigned = [
            tuple(cell.replace("-", "") if n > 2 else cell for n, cell in enumerate(row))
            for row in expected or ()
        ]
        assert found == sorted(unsigned)


def test_the_tests_read_rows_as_a_database_does() -> None:
    assert list(parsed(b"a\\tb\t1000000002\t\\\\N\tc\\nd\t1\t2\t3\t4\n")) == [
        ("a\tb", "\\N", "c\nd", "1", "2", "3", "4")
    ]
