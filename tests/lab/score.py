"""The truth against `lostmail classify`: each refusal once; null is not scored."""
import collections
import json
import subprocess

FIELDS = ("permanent", "variant", "cause", "client_ip", "remote_ip", "stage", "reply_code")


def row(direction, sender, recipient, **fields):
    return {"direction": direction, "sender": sender, "recipient": recipient,
            **{field: fields.get(field) for field in FIELDS},
            "unlogged": list(fields.get("unlogged", ()))}  # fields that may be null


def classify(program, logs):
    result = subprocess.run([program, "classify", *map(str, logs)], capture_output=True, text=True,
                            check=False)
    if result.returncode not in (0, 1):
        raise RuntimeError(f"lostmail: exit {result.returncode}: {result.stderr}")
    return [json.loads(line) for line in result.stdout.splitlines()]


def not_understood(program, logs, folder):
    """The shapes of lines that no grammar took."""
    store = folder / "store.db"
    subprocess.run([program, "-q", "--store", store, "ingest", *map(str, logs)], check=False,
                   capture_output=True)
    result = subprocess.run([program, "--store", store, "unparsed"], capture_output=True, text=True,
                            check=False)
    return result.stdout.splitlines() if result.returncode != 1 else []


def differences(expected, got):
    """As text, each with the row that knows its place in the log."""
    pool = collections.defaultdict(list)
    for mine in got:
        pool[(mine["direction"], mine["sender"], mine["recipient"])].append(mine)
    found = []
    for wanted in expected:
        key = (wanted["direction"], wanted["sender"], wanted["recipient"])
        if not pool[key]:
            found.append((f"missed {key}", wanted))
            continue
        mine = pool[key].pop(0)
        for field in FIELDS:
            if mine[field] is None and field in wanted["unlogged"]:
                continue
            if wanted[field] is not None and mine[field] != wanted[field]:
                found.append((f"wrong {key} {field}: {wanted[field]} != {mine[field]}", mine))
    found += [(f"extra {key}", mine) for key, rows in pool.items() for mine in rows]
    return found
