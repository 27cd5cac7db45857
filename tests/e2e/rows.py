"""Checks a table of (source file, lines, expected fields or None) as one log; what the tables of both MTAs share."""
import collections
import datetime
import pathlib
import tempfile

from program import classify

NULL = "null"  # of an expected field: the row has none


def check(test, table, stamp, start):
    """The rows stand four hours apart: nothing that a line leaves behind is remembered for so long.
    `stamp` is what stands before each line, as strftime takes it; expected fields that are None are not looked at."""
    whens = [start + datetime.timedelta(hours=4 * i) for i in range(len(table))]
    found = collections.defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        log = pathlib.Path(folder) / "log"
        log.write_text("".join(f"{when.strftime(stamp)}{line}\n" for when, (_, lines, _) in zip(whens, table) for line in lines))
        for row in classify(log):
            found[row["time"][:19]].append(row)
    for when, (source, lines, expected) in zip(whens, table):
        with test.subTest(source=source, line=lines[-1]):
            rows = found[f"{when:%Y-%m-%dT%H:%M:%S}"]
            test.assertEqual(len(rows), 0 if expected is None else 1, lines)
            if expected:
                wanted = {field: value for field, value in expected.items() if value is not None}
                found_fields = {field: NULL if rows[0][field] is None else rows[0][field] for field in wanted}
                test.assertEqual(found_fields, wanted, lines)
