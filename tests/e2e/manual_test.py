"""The manual page and the completions tell of every command; their readers take them without complaint."""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

from program import PROGRAM, SOURCE, run


def commands(*words):
    """Each command that --help tells of, as words."""
    text = run(*words, "--help")[1].decode()
    below = re.search(r"^Subcommands:\n((?:  .*\n)+)", text, re.M)
    for line in below.group(1).splitlines() if below else []:
        if re.match(r"^  \S", line):
            yield [*words, line.split()[0]]
            yield from commands(*words, line.split()[0])


def flags(*words):
    text = run(*words, "--help")[1].decode()
    return {name for head in re.findall(r"^  (-\S+)", text, re.M) for name in re.findall(r"--?[A-Za-z][\w-]*", head)}


# A terminal is typed into; what zsh would offer is written down instead of shown.
ZSH = r"""
zmodload zsh/zpty
zpty -b z zsh -f -i
zpty -w z 'source {0}/rc'
for i in {{1..500}}; do [[ -e {0}/ready ]] && break; sleep 0.02; zpty -r -t z dropped; done
while IFS= read -r line; do
  (( ++number ))
  print -r -- "> $line" >> {0}/offered
  zpty -w -n z "$line"$'\t\x15 : > {0}/done'"$number"$'\n'
  for i in {{1..500}}; do [[ -e {0}/done$number ]] && break; sleep 0.02; zpty -r -t z dropped; done
done < {0}/lines
zpty -d z
"""
ZSH_INSIDE = r"""
PROMPT= ; unsetopt prompt_cr beep
fpath=({0} $fpath)
autoload -Uz compinit; compinit -u -D
bindkey '^I' complete-word; bindkey '^U' kill-whole-line
zstyle ':completion:*' insert-tab false
compadd() {{
  if [[ ${{@[1,(i)(-|--)]}} == *-(O|A|D)\ * ]]; then builtin compadd "$@"; return $?; fi
  local -a hits
  builtin compadd -A hits "$@"
  (( $#hits )) && print -rl -- $hits >> {0}/offered
  return $(( ! $#hits ))
}}
: > {0}/ready
"""


class Manual(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.path = pathlib.Path(cls.folder.name)
        subprocess.run([sys.executable, SOURCE / "tools" / "manual", PROGRAM, SOURCE / "packaging" / "lostmail.1.in", cls.path],
                       check=True)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def check(self, *command):
        done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "MANROFFSEQ": "", "MANWIDTH": "80"})
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return done.stdout

    def test_every_command_has_its_place(self):
        text = (self.path / "lostmail.1").read_text().replace("\\-", "-")
        known = list(commands())
        self.assertGreater(len(known), 12)
        for words in known:
            if not list(commands(*words)):
                self.assertIn(f".SS {' '.join(words)}\n", text)
        self.assertNotRegex(text, r"@[A-Z]+@")

    @unittest.skipUnless(shutil.which("groff"), "no groff here")
    def test_the_page_is_clean(self):
        out = self.check("groff", "-man", "-Tutf8", "-ww", str(self.path / "lostmail.1"))
        self.assertIn("EXIT STATUS", re.sub(".\x08", "", out))  # overstruck where it is bold

    def every_flag(self):
        """(words of a command, what completes after them: its flags, those of all commands, its subcommands)."""
        common = flags()
        for words in [[], *commands()]:
            below = [line[len(words)] for line in commands(*words) if len(line) == len(words) + 1]
            yield words, flags(*words) | common, set(below)

    @unittest.skipUnless(shutil.which("bash"), "no bash here")
    def test_bash_completes(self):
        script = [f". {self.path / 'lostmail.bash'}; try() {{ COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _lostmail; "
                  'echo "${COMPREPLY[@]}"; }']
        expected = []
        for words, options, below in self.every_flag():
            script.append(f"try lostmail {' '.join(words)} -")
            expected.append(options)
            if below:
                script.append(f"try lostmail {' '.join(words)} ''")
                expected.append(options | below)
        told = self.check("bash", "-c", "\n".join(script)).splitlines()
        self.assertEqual([set(line.split()) for line in told], expected)

    def offered_by_zsh(self):
        """{line of the file `lines`: words that zsh offers behind it}"""
        for file in [*self.path.glob("done*"), self.path / "offered", self.path / "ready"]:
            file.unlink(missing_ok=True)
        self.check("zsh", "-f", "-c", ZSH.format(self.path))
        offered, line = {}, None
        for word in (self.path / "offered").read_text().splitlines():
            if word.startswith("> "):
                line = word[2:]
                offered[line] = set()
            elif line is not None:
                offered[line].add(word)
        return offered

    @unittest.skipUnless(shutil.which("zsh"), "no zsh here")
    def test_zsh_completes(self):
        expected, typed = {}, []
        for words, options, below in self.every_flag():
            for start, wanted in (("-", options), ("", below)):
                if wanted:
                    line = " ".join(["lostmail", *words, start])
                    expected[line] = wanted
                    typed.append(line)
        (self.path / "lines").write_text("".join(line + "\n" for line in typed))
        (self.path / "rc").write_text(ZSH_INSIDE.format(self.path))
        # A terminal that is typed into loses a line now and then where the machine is busy.
        for _ in range(3):
            offered = self.offered_by_zsh()
            if offered == expected:
                break
        for line, wanted in expected.items():
            self.assertEqual(offered.get(line), wanted, line)

    @unittest.skipUnless(shutil.which("fish"), "no fish here")
    def test_fish_completes(self):
        lines, expected = [], []
        for words, options, below in self.every_flag():
            for start, wanted in (("-", {option for option in options if not option.startswith("--")}),
                                  ("--", {option for option in options if option.startswith("--")}), ("", below)):
                if wanted:
                    lines.append(" ".join(["lostmail", *words, start]))
                    expected.append(wanted)
        script = [f"source {self.path / 'lostmail.fish'}"]
        for line in lines:
            script += [f"echo '> {line}'", f"complete -C '{line}'"]
        (self.path / "home").mkdir(exist_ok=True)
        (self.path / "empty").mkdir(exist_ok=True)
        done = subprocess.run(["fish", "--no-config", "-c", "\n".join(script)], capture_output=True, text=True, check=True,
                              cwd=self.path / "empty", env={**os.environ, "HOME": str(self.path / "home")})
        blocks = re.split(r"^> .*\n", done.stdout, flags=re.M)[1:]
        for line, block, wanted in zip(lines, blocks, expected, strict=True):
            self.assertLessEqual(wanted, {row.split("\t")[0] for row in block.splitlines()}, line)

    def test_the_packaged_settings_are_all_there(self):
        text = (SOURCE / "packaging" / "lostmail.toml").read_text()
        printed = run("--config", SOURCE / "packaging" / "lostmail.toml", "--print-config")[1].decode()
        for line in printed.splitlines():
            if " = " in line:
                self.assertRegex(text, rf"(?m)^#?{line.split(' = ')[0]} = ")


if __name__ == "__main__":
    unittest.main()
