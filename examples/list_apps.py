"""The program under test of test_program.py: it prints the titles of all apps of an instance."""

from __future__ import annotations

import sys

import boto3


def main(instance: str) -> None:
    client = boto3.client("qapps")
    for page in client.get_paginator("list_q_apps").paginate(instanceId=instance):
        for app in page["apps"]:
            print(app["title"])


if __name__ == "__main__":
    main(sys.argv[1])
