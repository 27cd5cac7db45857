"""Exim: the configurations, and everything that clients and remote servers do to it."""
import concurrent.futures
import time

import exim
import sandbox
from smtp_peers import DROP, SILENT
from world import (BLOCKED, CLIENT6, CONNECT_REFUSED, DEFERRED_CONNECT, FORGED, GOOD,
                   HELO_CHECKED, NAMELESS, OTHERS, REFUSED_CONNECT, WORDING_CAUSES, WORDINGS)

# Name -> main options. `causes` tells whether the log holds the cause line.
CONFIGURATIONS = {
    "exim-default": "",
    "exim-all": "log_selector = +all",
    "exim-cpanel": "log_selector = +arguments +subject +received_recipients +received_sender"
                   " +incoming_port +incoming_interface +smtp_connection +tls_peerdn +tls_cipher"
                   " +sender_on_delivery +smtp_confirmation +all_parents +deliver_time"
                   " +return_path_on_delivery +smtp_incomplete_transaction +queue_time",
    "exim-no-cause-line": "log_selector = -sender_verify_fail",
    "exim-stamps": "log_selector = +millisec +pid\nlog_timezone = true",
    "exim-syslog": "SYSLOG",
}

CONFIGURATION = r"""
@OPTIONS@
host_lookup = *
rfc1413_query_timeout = 0s
smtp_accept_max = 0
smtp_max_unknown_commands = 9
helo_verify_hosts = 203.0.113.60
host_reject_connection = 203.0.113.52
acl_smtp_auth = acl_auth
message_size_limit = 100K
never_users =
ignore_bounce_errors_after = 0s
bounce_return_message = false
deliver_drop_privilege = true
domainlist local_domains = ours.example : *.ours.example
acl_smtp_connect = acl_connect
acl_smtp_helo = acl_helo
acl_smtp_mail = acl_mail
acl_smtp_rcpt = ${if eq{$domain}{require.ours.example}{acl_required}{acl_rcpt}}
acl_smtp_predata = acl_predata
acl_smtp_data = acl_data
acl_not_smtp = acl_local

begin acl
acl_connect:
  deny  message = Not sent - no reverse lookup
        hosts   = <; 203.0.113.50
  defer message = Not sent - no reverse lookup
        hosts   = <; 203.0.113.51
  accept

acl_helo:
  deny  message   = Sender must exist
        condition = ${if eq{$sender_helo_name}{refused.helo.example}}
  accept

acl_auth:
  deny  message   = Authentication required elsewhere
        condition = ${if eq{$sender_helo_name}{login.example}}
  accept

acl_mail:
  deny  senders = mailtext@good.example
        message = The destination mail system rejected your return address
  defer senders = maildefer@good.example
        message = Domain not found
  deny  sender_domains = nx-mail.example : gone-mail.example
        !verify = sender
  accept

acl_rcpt:
  accept  domains = cut-rcpt.example : cut-dot.example : cut-later.example
          control = cutthrough_delivery
          verify = recipient
  deny    message = relay not permitted
          !domains = +local_domains
  accept  domains = fake.ours.example
          control = fakereject/550 Sender verify failed
  discard domains = discard.ours.example
  deny    domains = plain.ours.example : alias.ours.example
          !verify = sender
  deny    domains = callout.ours.example
          !verify = sender/callout=2s,maxwait=4s
  deny    domains = postmaster.ours.example
          !verify = sender/callout=2s,postmaster
  deny    domains = random.ours.example
          !verify = sender/callout=2s,random
  deny    domains = nodetails.ours.example
          !verify = sender/no_details
  deny    domains = custom.ours.example
          message = we asked your server about $sender_address and it said no
          !verify = sender/callout=2s
  deny    domains = prefix.ours.example
          log_message = policy 7
          !verify = sender/callout=2s
  deny    domains = other.ours.example
          !verify = sender=boss@nouser.example/callout=2s,no_cache
  deny    domains = reverse.ours.example
          !verify = reverse_host_lookup
  deny    domains = helo.ours.example
          message = HELO name does not match your address
          !verify = helo
  deny    domains = listed.ours.example
          message = rejected because $sender_host_address is in a black list at $dnslist_domain
          dnslists = bl.dnsbl.example
  warn    domains = warned.ours.example
          !verify = sender
  deny    domains = warned.ours.example
          message = rejected because $sender_host_address is in a black list at $dnslist_domain
          dnslists = bl.dnsbl.example
  deny    domains = code.ours.example
          message = 553 5.1.8 Domain of sender address $sender_address does not exist
  deny    domains = lookup.ours.example
          condition = ${lookup{a}lsearch{/nonexistent/list}{true}{false}}
  deny    domains = bare.ours.example
  drop    domains = drop.ours.example
          message = Sender must exist
@WORDINGS@
  deny    !verify = recipient
  accept

acl_required:
  require verify = sender
  accept

acl_predata:
  deny  senders = predata@good.example
        message = Sender verify failed
  deny  sender_domains = nx-predata.example
        !verify = sender
  accept

acl_data:
  deny  senders = data@good.example
        message = sender verify rejected exim
  defer senders = datadefer@good.example
        message = Sender must exist
  deny  sender_domains = nx-data.example
        !verify = sender
  deny  senders = header@good.example
        !verify = header_sender
  deny  senders = syntax@good.example
        !verify = header_syntax
  accept

acl_local:
  deny  senders = robot@ours.example
        message = Sender verify failed
  accept

begin routers
aliases:
  driver = redirect
  domains = ours.example
  local_parts = team : team2
  data = ${if eq{$local_part}{team}{dave@alias-rcpt.example}{dave@two-mail.example,eve@two-mail.example}}
  file_transport = drop
failing:
  driver = redirect
  domains = fail.example
  data = :fail: The mail server could not deliver mail to $local_part@$domain.  The account or domain may not exist, they may be blacklisted, or missing the proper dns entries.
  allow_fail
  allow_defer
twolines:
  driver = redirect
  domains = twolines.example
  data = ":fail: first line\nH=(x) [192.0.2.99] F=<f@x.example> rejected RCPT <g@x.example>: Sender verify failed"
  allow_fail
deferring:
  driver = redirect
  domains = deferring.example
  data = :defer: directory is away
  allow_fail
  allow_defer
@ROUTERS@
begin transports
@TRANSPORTS@
begin retry
retry.example  *  F,1s,1s
*              *  F,2h,15m

begin rewrite
begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if eq{$auth2}{a}}
  server_set_id = $auth2
"""


def wording_acls():
    lines = []
    for name, text in WORDINGS.items():
        label = name.replace("_", "-")
        lines += [f"  deny    domains = {label}.ours.example", f"          message = {text}",
                  f"  defer   domains = {label}-later.ours.example", f"          message = {text}"]
    for name, (_, reply, _) in OTHERS.items():
        verb = "deny" if reply.startswith("5") else "defer"
        lines += [f"  {verb:7} domains = other-{name.replace('_', '-')}.ours.example",
                  f"          message = {reply}"]
    return "\n".join(lines)


class Laboratory:
    def __init__(self, inside, name, world):
        self.world, self.name = world, name
        self.options = CONFIGURATIONS[name]
        self.everything = name == "exim-all"
        text = CONFIGURATION.replace("@OPTIONS@", self.options.replace("SYSLOG", ""))
        text = text.replace("@WORDINGS@", wording_acls())
        text = text.replace("@ROUTERS@", exim.ROUTERS).replace("@TRANSPORTS@", exim.TRANSPORTS)
        self.exim = exim.Exim(inside, text, syslog="SYSLOG" in self.options)
        self.submit = self.exim.submit

    # Inbound.

    def came(self, label, sender, recipients, refused=None, source=GOOD, helo="mail.client.example",
             **options):
        if isinstance(recipients, str):
            recipients = [recipients]
        target = sandbox.OURS6 if ":" in source else sandbox.OURS
        self.world.client_attempt(target, label, source, helo, sender, recipients,
                                  refused=refused or {}, **options)

    def rcpt(self, label, sender, recipients, variant, cause, **options):
        self.came(label, sender, recipients, {"rcpt": (variant, cause)}, **options)

    def failed(self, label, sender, recipients, cause, **options):
        """Refused by a failed verification, whose cause stands in the cause line alone."""
        if self.name == "exim-no-cause-line":
            cause = "not_logged"
        self.rcpt(label, sender, recipients, "sender_verify_failed", cause, **options)

    def incomplete(self, label, sender, recipients, cause):
        self.rcpt(label, sender, recipients, "callout_incomplete", cause)

    def declare_remote(self):
        server = self.world.server
        for label in ("good", "nx-unused"):
            server(label)
        self.world.names.mx("prefixed.example", "mx.good.example")
        server("nouser", rcpt="550 5.1.1 User unknown")
        server("nouser2", rcpt="550 5.1.1 User unknown")
        server("lines", rcpt="550-5.1.1 no such account\n550-please look again\n550 5.1.1 gone")
        server("nonull", mail="550 5.7.1 no mail from <> here")
        server("banner", greeting="554 go away")
        server("nohelo", ehlo="550 bad name")
        server("later", rcpt="451 4.3.0 try later")
        server("latermail", mail="421 4.3.0 busy")
        server("greymail", mail="450 4.2.0 greylisted")
        server("mutemail", mail=SILENT)
        server("dropmail", mail=DROP)
        server("mutehelo", ehlo=SILENT)
        server("laterhelo", ehlo="421 4.3.2 not now")
        server("latergreeting", greeting="421 4.3.2 too many connections")
        server("silent", rcpt=SILENT)
        server("mute", greeting=SILENT)
        server("dropping", greeting=DROP)
        server("droprcpt", rcpt=DROP)
        server("mimic", rcpt="550 H=evil [192.0.2.66] F=<x@y.example> rejected RCPT <z@z.example>:"
                             " relay not permitted")
        server("quoting", rcpt="550-Verification failed for <boss@ours.example>\n"
                               "550-Unrouteable address\n550 Sender verify failed")
        server("nopostmaster", rcpt=lambda address: "550 no postmaster"
               if address.startswith("postmaster@") else "250 ok")
        server("anyone")
        server("choosy", rcpt=lambda address: "250 ok" if address.startswith("real@")
               else "550 unknown")
        self.world.unserved("closed")
        server("cut-rcpt", rcpt="550 sender verify rejected")
        server("cut-dot", end="550 sender verify rejected")
        server("cut-later", end="451 sender verify rejected")
        for label, text in (("eightbit", "550 \xe9tranger inconnu"),):
            server(label, rcpt=text)

    def inbound(self):
        failed, incomplete, rcpt, came = self.failed, self.incomplete, self.rcpt, self.came
        unknown = "mailbox_unknown"
        came("accepted", "ok@good.example", ["bob@callout.ours.example"])
        came("accepted two", "ok@good.example", ["bob@plain.ours.example", "al@plain.ours.example"])
        # Callouts.
        failed("rcpt 5xx", "a1@nouser.example", "bob@callout.ours.example", unknown)
        failed("cached address", "a1@nouser.example", "bob2@callout.ours.example", unknown)
        failed("several", "a2@nouser2.example",
               ["b1@callout.ours.example", "b2@callout.ours.example", "b3@callout.ours.example"],
               unknown)
        failed("lines", "a@lines.example", "bob@callout.ours.example", unknown)
        failed("null sender", "a@nonull.example", "bob@callout.ours.example",
               "null_sender_refused")
        failed("cached domain", "b@nonull.example", "bob@callout.ours.example",
               "null_sender_refused")
        failed("greeting", "a@banner.example", "bob@callout.ours.example",
               "callout_host_refused")
        failed("helo", "a@nohelo.example", "bob@callout.ours.example", "callout_host_refused")
        failed("mimic", "a@mimic.example", "bob@callout.ours.example", unknown)
        failed("quoting", "a@quoting.example", "bob@callout.ours.example", unknown)
        failed("8 bit", "a@eightbit.example", "bob@callout.ours.example", unknown)
        failed("postmaster", "a@nopostmaster.example", "bob@postmaster.ours.example",
               "postmaster_refused")
        failed("postmaster cached", "a@nopostmaster.example", "bc@postmaster.ours.example",
               "postmaster_refused")
        came("postmaster good", "a@anyone.example", "bob@postmaster.ours.example")
        came("random accepts", "a@anyone.example", "bob@random.ours.example")
        failed("random refused", "a@choosy.example", "bob@random.ours.example", unknown)
        came("random real", "real@choosy.example", "bob@random.ours.example")
        failed("custom", "c1@nouser.example", "bob@custom.ours.example", unknown)
        failed("prefix", "c2@nouser.example", "bob@prefix.ours.example", unknown)
        failed("other address", "me@good.example", "bob@other.ours.example", unknown)
        failed("ipv6 client", "c6@nouser.example", "bob@callout.ours.example", unknown,
               source=CLIENT6)
        failed("quoted", '"x > y, z"@nouser.example', ['"a > b c"@callout.ours.example'], unknown)
        incomplete("4xx", "a@later.example", "bob@callout.ours.example", "callout_deferred")
        # Exim writes "NULL" where MAIL got 4xx or no answer.
        for label, cause in (("latermail", "not_logged"), ("greymail", "not_logged"),
                             ("mutemail", "not_logged"), ("dropmail", "callout_unreachable"),
                             ("mutehelo", "callout_unreachable"),
                             ("laterhelo", "callout_deferred"),
                             ("latergreeting", "callout_deferred")):
            incomplete(label, f"a@{label}.example", "bob@callout.ours.example", cause)
        incomplete("silent", "a@silent.example", "bob@callout.ours.example",
                   "callout_unreachable")
        incomplete("mute", "a@mute.example", "bob@callout.ours.example", "callout_unreachable")
        incomplete("dropped", "a@dropping.example", "bob@callout.ours.example",
                   "callout_unreachable")
        incomplete("dropped at rcpt", "a@droprcpt.example", "bob@callout.ours.example",
                   "callout_unreachable")
        incomplete("closed", "a@closed.example", "bob@callout.ours.example",
                   "callout_unreachable")
        # Routing.
        failed("nxdomain", "a@nowhere.example", "bob@plain.ours.example", "unroutable")
        failed("nxdomain, three", "b@nowhere.example",
               ["b1@plain.ours.example", "b2@plain.ours.example", "b3@plain.ours.example"],
               "unroutable")
        failed("mx to nothing", "a@mxnowhere.example", "bob@plain.ours.example", "mx_unusable")
        failed("null mx", "a@nullmx.example", "bob@plain.ours.example", "null_mx")
        failed("fail text", "a@fail.example", "bob@plain.ours.example", "unroutable")
        failed("fail, two lines", "a@twolines.example", "bob@plain.ours.example", "unroutable")
        failed("no user of ours", "nosuch@ours.example", "bob@plain.ours.example", None)
        rcpt("no details", "c@nowhere.example", "bob@nodetails.ours.example",
             "sender_verify_failed", "not_logged")
        failed("require", "d@nowhere.example", "bob@require.ours.example", "unroutable")
        incomplete("servfail", "a@servfail.example", "bob@plain.ours.example", "dns_temporary")
        incomplete("no dns", "a@silent-dns.example", "bob@plain.ours.example", "dns_temporary")
        rcpt("router defers", "a@deferring.example", "bob@plain.ours.example",
             "callout_incomplete", None)
        came("mixed", "e@nowhere.example", ["bob@ours.example", "bob@plain.ours.example"],
             {"rcpt": ("sender_verify_failed",
                       "not_logged" if self.name == "exim-no-cause-line" else "unroutable")})
        # Clients.
        rcpt("no ptr", "a@good.example", "bob@reverse.ours.example", "no_reverse_lookup",
             "ptr_missing", source=NAMELESS)
        rcpt("forged ptr", "a@good.example", "bob@reverse.ours.example", None, "ptr_mismatch",
             source=FORGED)
        came("good ptr", "a@good.example", "bob@reverse.ours.example")
        rcpt("helo", "a@good.example", "bob@helo.ours.example", "helo_invalid", None)
        came("helo option", "a@good.example", "bob@ours.example", {"helo": ("helo_invalid", None)},
             source=HELO_CHECKED)
        rcpt("listed", "a@good.example", "bob@listed.ours.example", "dnsbl", "as_stated",
             source=BLOCKED)
        rcpt("warned, then listed", "a@nowhere.example", "bob@warned.ours.example", "dnsbl",
             "as_stated", source=BLOCKED)
        came("warned, accepted", "a@nowhere.example", "bob@warned.ours.example")
        rcpt("relay", "a@good.example", "bob@elsewhere.example", "relay_denied", "as_stated")
        rcpt("unknown user", "a@good.example", "nosuch@ours.example", "recipient_unknown",
             "as_stated")
        rcpt("bounce to unknown", "", "nosuch2@ours.example", "recipient_unknown", "as_stated")
        rcpt("own code", "a@good.example", "bob@code.ours.example", "domain_not_found", None)
        rcpt("bare", "a@good.example", "bob@bare.ours.example", None, None)
        rcpt("drop", "a@good.example", "bob@drop.ours.example", "sender_must_exist", None)
        # Texts.
        for name in WORDINGS:
            label = name.replace("_", "-")
            rcpt(name, f"w-{label}@good.example", f"bob@{label}.ours.example", name,
                 WORDING_CAUSES.get(name, "as_stated"))
            rcpt(name + " later", f"l-{label}@good.example", f"bob@{label}-later.ours.example",
                 name, None)
        for name, (_, reply, cause) in OTHERS.items():
            rcpt(name, f"o-{name}@good.example", f"bob@other-{name.replace('_', '-')}.ours.example",
                 name, cause)
        # Stages.
        came("refused connection", "a@good.example", "bob@ours.example", {"connect": (None, None)},
             source=REFUSED_CONNECT)
        came("syntax of HELO", "a@good.example", "bob@ours.example",
             {"helo": ("helo_invalid", None)}, helo="under_score")
        came("log-in refused", "a@good.example", "bob@ours.example", {"auth": (None, None)},
             helo="login.example", login="AUTH PLAIN AGEAYg==")
        came("log-in failed", "f@good.example", "bob@ours.example", login="AUTH PLAIN AGZhaWwAYg==")
        rcpt("unqualified recipient", "a@good.example", "joe", None, None, known_sender=False)
        rcpt("lookup fails", "lookup@good.example", "bob@lookup.ours.example", "local_fault", None)
        # Passed on while the client waits: the next server's answer is ours.
        came("cut-rcpt", "cut@good.example", "dave@cut-rcpt.example", {"rcpt": ("unstated", None)})
        came("cut-dot", "cut@good.example", "dave@cut-dot.example",
             {"message": ("sender_verify_rejected", None)})
        came("cut-later", "cut@good.example", "dave@cut-later.example")  # put on the queue
        self.world.remote_refusals("cut-later", "cut@good.example", ["dave@cut-later.example"],
                                   "sender_verify_rejected")
        came("connect", "a@good.example", "bob@ours.example",
             {"connect": ("no_reverse_lookup", None)}, source=CONNECT_REFUSED)
        came("connect later", "a@good.example", "bob@ours.example",
             {"connect": ("no_reverse_lookup", None)}, source=DEFERRED_CONNECT)
        came("at helo", "a@good.example", "bob@ours.example",
             {"helo": ("sender_must_exist", None)}, helo="refused.helo.example")
        came("at mail", "mailtext@good.example", "bob@ours.example",
             {"mail": ("return_address_rejected", None)})
        came("at mail, later", "maildefer@good.example", "bob@ours.example",
             {"mail": ("domain_not_found", None)})
        routing = "not_logged" if self.name == "exim-no-cause-line" else "unroutable"
        came("verify at mail", "a@nx-mail.example", "bob@ours.example",
             {"mail": ("sender_verify_failed", routing)})
        came("predata", "predata@good.example", ["bob@ours.example", "al@ours.example"],
             {"data": ("sender_verify_failed", None)}, **self.predata("bob", "al"))
        came("verify at predata", "a@nx-predata.example", ["bob@ours.example"],
             {"data": ("sender_verify_failed", routing)},
             **self.predata("bob", verified=routing == "unroutable"))
        came("data", "data@good.example", ["bob@ours.example", "al@ours.example"],
             {"message": ("sender_verify_rejected", None)})
        came("data later", "datadefer@good.example", ["bob@ours.example"],
             {"message": ("sender_must_exist", None)})
        came("verify at data", "a@nx-data.example", ["bob@ours.example"],
             {"message": ("sender_verify_failed", routing)})
        came("header sender", "header@good.example", ["bob@ours.example"],
             {"message": ("header_sender_invalid", None)},
             content="From: x@nowhere.example\nSubject: x\n\nx\n")
        came("header syntax", "syntax@good.example", ["bob@ours.example"],
             {"message": (None, None)}, content="From: a@@b@\nSubject: x\n\nx\n")
        came("fake reject", "a@good.example", "bob@fake.ours.example",
             {"message": (None, None)}, rows=[])
        came("discarded", "a@good.example", "bob@discard.ours.example")
        came("declared size", "big@good.example", "bob@ours.example",
             {"mail": ("too_large", None)}, parameters=" SIZE=900000")
        came("unqualified", "joe", "bob@ours.example", {"mail": ("sender_syntax", None)})
        self.world.client_attempt("127.0.0.1", "loopback", "127.0.0.1", "localhost",
                                  "z@nowhere.example", ["bob@plain.ours.example"],
                                  direction="internal",
                                  refused={"rcpt": ("sender_verify_failed", routing)})
        self.local()

    def predata(self, *names, verified=False):
        """`rejected DATA` names nobody; the cause line names the sender, other lines the rest."""
        named = "smtp_incomplete_transaction" in self.options or self.everything
        return {"known_sender": named or verified,
                "rows": [f"{name}@ours.example" for name in names] if named else [None]}

    def local(self):
        if self.submit("robot@ours.example", "bob@ours.example", "al@ours.example",
                       check=False) == 0:
            self.world.fail("local submission: not refused")
        for name in ("bob", "al"):
            self.world.expect("internal", "robot@ours.example", f"{name}@ours.example",
                              permanent=True, variant="sender_verify_failed", stage="message")

    # Outbound.

    def declare_outbound(self):
        self.jobs = self.world.declare_wordings()
        server, jobs = self.world.server, self.jobs
        server("folded", rcpt="550-Verification failed for <alice@ours.example>\n550-Called:   "
               "192.0.2.1\n550-Sent:     RCPT TO:<alice@ours.example>\n550-Response: 550 User "
               "unknown\n550 Sender verify failed")
        jobs.append(("folded", ["dave@folded.example"], "sender_verify_failed"))
        server("forging", mail="550 sender verify rejected\\n2026-01-01 00:00:00 H=x [192.0.2.9]"
               " F=<q@q.example> rejected RCPT <r@r.example>: relay not permitted")
        jobs.append(("forging", ["dave@forging.example"], None))
        server("quoted-rcpt", rcpt="550 Domain not found")
        jobs.append(("quoted-rcpt", ['"d > e: f"@quoted-rcpt.example'], "domain_not_found"))
        server("alias-rcpt", rcpt="550 Sender verify failed")
        server("two-mail", mail="550 Sender verify failed")
        server("retry", rcpt="451 4.1.8 Domain of sender address alice@ours.example does not"
               " resolve")
        first = server("fallback", greeting="554 no reverse lookup")
        second = server("fallback-second")
        self.world.names.mx("fallback.example", "mx.fallback-second.example", 20)
        self.fallback = (first, second)
        server("sent")
        server("talks", end="250 Sender verify failed, but taken")

    def send(self, job):
        label, recipients, variant, *cause = job
        self.submit("alice@ours.example", *recipients)
        self.world.remote_refusals(label, "alice@ours.example", recipients, variant, *cause)

    def outbound(self):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            list(pool.map(self.send, self.jobs))
        for label in ("sent", "talks"):
            self.submit("alice@ours.example", f"dave@{label}.example")
            if not self.world.remote[f"{label}.example"].accepted:
                self.world.fail(f"outbound {label}: not taken")
        self.submit("alice@ours.example", "team@ours.example")
        self.world.remote_refusals("alias-rcpt", "alice@ours.example", ["dave@alias-rcpt.example"],
                                   "sender_verify_failed")
        self.submit("alice@ours.example", "team2@ours.example")
        self.world.remote_refusals("two-mail", "alice@ours.example",
                                   ["dave@two-mail.example", "eve@two-mail.example"],
                                   "sender_verify_failed")
        self.submit("alice@ours.example", "dave@fallback.example")
        if not self.fallback[1].accepted or not self.fallback[0].refusals:
            self.world.fail("fallback: the second MX did not take it after the first refused")
        self.submit("alice@ours.example", "dave@retry.example")
        time.sleep(3)
        self.exim.run_queue("-Rff", "retry.example")
        self.world.remote_refusals("retry", "alice@ours.example", ["dave@retry.example"],
                                   "sender_domain_unresolved")

    def run(self):
        self.declare_remote()
        self.declare_outbound()
        self.world.start()
        self.exim.start()
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for job in [pool.submit(self.inbound), pool.submit(self.outbound)]:
                job.result()
        self.exim.stop()
