"""The .deb: made by CPack, then installed, used, removed and purged in an overlay over this machine's own files, which stay
as they are. Skipped (77) where that cannot be: no root, no dpkg, no overlay. LOSTMAIL_BUILD names the build."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from program import SAMPLES

INSIDE = r"""
set -e
check() { if ! eval "$1"; then echo "failed: $1"; exit 1; fi; }
check '! getent passwd lostmail'
dpkg -i /tmp/lostmail.deb
check '[ "$(id -gn lostmail)" = adm ]'
check '[ "$(stat -c "%U:%G %a" /var/lib/lostmail)" = "lostmail:adm 750" ]'
check 'dpkg --verify lostmail'
for file in /usr/bin/lostmail /etc/lostmail/lostmail.toml /etc/cron.d/lostmail /lib/systemd/system/lostmail.service \
  /lib/systemd/system/lostmail.timer /usr/share/bash-completion/completions/lostmail /usr/share/man/man1/lostmail.1 \
  /usr/share/zsh/vendor-completions/_lostmail /usr/share/fish/vendor_completions.d/lostmail.fish \
  /usr/share/doc/lostmail/copyright; do
  check "[ -f $file ]"
done
check '[ "$(dpkg-query -W -f "\${Conffiles}" lostmail | grep -c /etc/)" = 2 ]'
mkdir -p /usr/sbin
cat > /usr/sbin/sendmail <<'END'
#!/bin/sh
cat > /var/lib/lostmail/mail
END
chmod 755 /usr/sbin/sendmail
export LOSTMAIL_NOW=1795600000 TZ=UTC
as_lostmail() { setpriv --reuid=lostmail --regid=adm --init-groups -- "$@"; }
check 'as_lostmail lostmail nightly /tmp/samples/exim /tmp/samples/sendmail'
check '[ "$(stat -c "%U:%G %a" /var/lib/lostmail/lostmail.db)" = "lostmail:adm 640" ]'
check 'grep -q "^To: root" /var/lib/lostmail/mail'
check 'grep -q "mails lost yesterday" /var/lib/lostmail/mail'
check 'lostmail patterns check'
line=$(sed -n 's/^10 6 \* \* \*  lostmail  //p' /etc/cron.d/lostmail)
check '[ -n "$line" ]'
mkdir -p /run/systemd/system
check '[ -z "$(as_lostmail sh -c "$line" 2>&1)" ]'
rmdir /run/systemd/system
if command -v systemd-analyze >/dev/null; then check 'systemd-analyze verify --man=no /lib/systemd/system/lostmail.timer'; fi
echo '# mine' >> /etc/lostmail/lostmail.toml
dpkg -r lostmail
check '[ ! -e /usr/bin/lostmail ] && [ ! -e /usr/share/lostmail ] && [ -f /etc/lostmail/lostmail.toml ]'
check '[ -f /var/lib/lostmail/lostmail.db ]'
check 'sh -c "$line"'
dpkg -i /tmp/lostmail.deb
check 'grep -q "^# mine" /etc/lostmail/lostmail.toml'
dpkg --purge lostmail
check '[ ! -e /etc/lostmail ] && [ ! -e /var/lib/lostmail ] && [ ! -e /etc/cron.d/lostmail ]'
check '! getent passwd lostmail'
check '! dpkg-query -W lostmail 2>/dev/null'
echo all is well
"""


def skip(why):
    print(f"the package is not tried: {why}", file=sys.stderr)
    sys.exit(77)


def main():
    build = os.environ.get("LOSTMAIL_BUILD", "build/release")
    if os.geteuid() != 0:
        skip("not root")
    if subprocess.run(["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True).returncode != 0:
        skip("no namespaces")
    for tool in ("dpkg", "dpkg-shlibdeps", "cpack", "unshare", "adduser"):
        if not shutil.which(tool):
            skip(f"no {tool}")
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        made = subprocess.run(["cpack", "--config", f"{build}/CPackConfig.cmake", "-B", folder / "made"], capture_output=True,
                              text=True, cwd=build)
        packages = list((folder / "made").glob("*.deb"))
        if made.returncode != 0 or len(packages) != 1:
            sys.exit(f"cpack: {made.stdout}{made.stderr}")
        # An overlay cannot lie on an overlay: its upper half is in memory.
        script = f"""
set -e
mount -t tmpfs tmpfs {folder}
mkdir {folder}/upper {folder}/work {folder}/root
mount -t overlay overlay -o lowerdir=/,upperdir={folder}/upper,workdir={folder}/work {folder}/root || exit 77
mount --rbind /dev {folder}/root/dev
mount -t proc proc {folder}/root/proc
mount -t tmpfs tmpfs {folder}/root/tmp
mount -t tmpfs tmpfs {folder}/root/run
cp "$1" {folder}/root/tmp/lostmail.deb
cp -r {SAMPLES.resolve()} {folder}/root/tmp/samples
chmod -R a+rX {folder}/root/tmp
chroot {folder}/root sh -s
"""
        kept = pathlib.Path(tempfile.mkstemp(suffix=".deb")[1])
        shutil.copy(packages[0], kept)
        try:
            done = subprocess.run(["unshare", "--mount", "--pid", "--fork", "sh", "-c", script, "sh", kept], input=INSIDE, text=True,
                                  capture_output=True, env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"})
        finally:
            kept.unlink()
        if done.returncode == 77:
            skip("no overlay can be mounted")
        print(done.stdout[-3000:], done.stderr[-3000:])
        if done.returncode != 0 or "all is well" not in done.stdout:
            sys.exit("the package failed")


main()
