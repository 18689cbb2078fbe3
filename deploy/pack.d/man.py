# SPDX-License-Identifier: Apache-2.0
"""millrace(1), made of what --help says."""

import re
import subprocess
import time


def _help(program, *words):
    return subprocess.run([program, *words, "--help"], check=True, text=True,
                          stdout=subprocess.PIPE).stdout


def _escape(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.M)


def _verbatim(text):
    return f".nf\n{_escape(text.strip(chr(10)))}\n.fi\n"


def manual(program, version, when):
    whole = _help(program)
    intro, _, rest = whole.partition("commands:\n")
    usage, _, purpose = intro.partition("\n\n")
    listed, _, codes = rest.partition("exit codes:\n")
    commands = re.findall(r"^  (\w+) +(.*)$", listed, re.M)
    date = time.strftime("%Y-%m-%d", time.gmtime(when))
    parts = [
        f'.TH MILLRACE 1 "{date}" "millrace {version}"\n',
        ".SH NAME\nmillrace \\- moves documents to models\n",
        f".SH SYNOPSIS\n{_escape(usage.removeprefix('usage: '))}\n",
        f".SH DESCRIPTION\n{_escape(purpose.strip())}\n",
        ".SH COMMANDS\n",
    ]
    for name, what in commands:
        parts.append(f".SS {name}: {_escape(what)}\n"
                     + _verbatim(_help(program, name)))
    parts.append(".SH EXIT STATUS\n" + _verbatim(codes))
    parts.append(".SH FILES\n.TP\n.I /etc/millrace/millrace.yaml\n"
                 "the configuration that the units of systemd read\n"
                 ".TP\n.I /var/lib/millrace\ntheir data folder\n")
    return "".join(parts)
