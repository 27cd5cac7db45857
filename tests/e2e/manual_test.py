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

    @unittest.skipUnless(shutil.which("bash"), "no bash here")
    def test_bash_completes(self):
        script = (f". {self.path / 'lostmail.bash'}; complete_words() {{ COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); _lostmail; "
                  'echo "${COMPREPLY[@]}"; }; complete_words lostmail re; complete_words lostmail whitelist app; '
                  "complete_words lostmail report --ran")
        self.assertEqual(self.check("bash", "-c", script).split("\n")[:3], ["report", "approve", "--range"])

    @unittest.skipUnless(shutil.which("zsh"), "no zsh here")
    def test_zsh_reads_it(self):
        self.check("zsh", "-n", str(self.path / "_lostmail"))

    @unittest.skipUnless(shutil.which("fish"), "no fish here")
    def test_fish_reads_it(self):
        self.check("fish", "--no-execute", str(self.path / "lostmail.fish"))

    def test_the_packaged_settings_are_all_there(self):
        text = (SOURCE / "packaging" / "lostmail.toml").read_text()
        printed = run("--config", SOURCE / "packaging" / "lostmail.toml", "--print-config")[1].decode()
        for line in printed.splitlines():
            if " = " in line:
                self.assertRegex(text, rf"(?m)^#?{line.split(' = ')[0]} = ")


if __name__ == "__main__":
    unittest.main()
