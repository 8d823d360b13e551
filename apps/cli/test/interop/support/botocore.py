# One long-lived session and client of the real botocore, as Debian's AWS CLI brings it: `botocore.py URL BUCKET COMMAND`.
# `until-refused` reads one object over and over, says every key with which that went, and at last why it did not; `times N`
# reads it N times.
import sys

from awscli.botocore.config import Config
from awscli.botocore.session import Session

url, bucket, command, *words = sys.argv[1:]

session = Session()
config = Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1})
client = session.create_client("s3", endpoint_url=url, region_name="us-east-1", config=config)


def attempt(act):
    try:
        return act()
    # Whatever it is: of a refusal with a thin body this version makes a TypeError.
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def read():
    return attempt(lambda: client.get_object(Bucket=bucket, Key="team/a.txt")["Body"].read().decode())


def key_in_use():
    return attempt(lambda: session.get_credentials().get_frozen_credentials().access_key)


def say(line):
    print(line, flush=True)


if command == "times":
    for _ in range(int(words[0])):
        say(read())
else:
    last = None
    while last is None or ":" not in last:
        answer = read()
        key = key_in_use() if answer == "of team/a.txt" else answer
        if key != last:
            last = key
            say(key)
