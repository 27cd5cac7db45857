#pragma once

#include <string_view>

/// The texts of guide.cpp. `@P@` stands for a file, `@F@` for the folder of the lists.
namespace lostmail::whitelist {

inline constexpr std::string_view kUseSenders =
    R"(# 1. In the main section, above "begin acl". While there is no file the list is empty.
addresslist lostmail_senders = ${if exists{@P@}{nwildlsearch;@P@}{}}

# 2. In the ACL that acl_smtp_rcpt names. The exemption stands in the statement that verifies, so
#    that it lifts this check and no other. A statement that reads
#      require verify = sender/callout=30s,defer_ok
#    becomes this one, with your own options after "sender":
  deny    !senders = +lostmail_senders
          !verify  = sender/callout=30s,defer_ok
#    A deny that has "!verify = sender" already gets the line "!senders = ..." above it. Likewise
#    for "!verify = header_sender" in the ACL that acl_smtp_data names.
#    Never "accept senders = +lostmail_senders": a sender can be forged, and an accept above relay
#    control is an open relay for whoever guesses an entry. Never add the line to a require: all
#    other senders would be refused.

# 3. Test, then reload:
#      exim -bV
#      lostmail whitelist verify
)";

inline constexpr std::string_view kUseCalloutSenders =
    R"(# 1. In the main section, above "begin acl". While there is no file the list is empty.
domainlist lostmail_callout_sender_domains = ${if exists{@P@}{lsearch;@P@}{}}

# 2. In the ACL that acl_smtp_rcpt names: the callout leaves these domains out, the statement below
#    it still wants a domain that mail can be sent to.
  deny    !sender_domains = +lostmail_callout_sender_domains
          !verify         = sender/callout=30s,defer_ok
  deny    !verify         = sender
)";

inline constexpr std::string_view kUseCalloutReceivers =
    R"(# 1. In the main section, above "begin acl". While there is no file the list is empty.
domainlist lostmail_callout_receiver_domains = ${if exists{@P@}{lsearch;@P@}{}}

# 2. In the ACL that acl_smtp_rcpt names: no callout for mail to these domains.
  deny    !domains = +lostmail_callout_receiver_domains
          !verify  = sender/callout=30s,defer_ok
  deny    !verify  = sender
)";

inline constexpr std::string_view kUseSenderVerify =
    R"(# 1. In the main section, above "begin acl". While there is no file the list is empty.
domainlist lostmail_sender_verify_domains = ${if exists{@P@}{lsearch;@P@}{}}

# 2. In the ACL that acl_smtp_rcpt names: each statement that verifies the sender leaves these
#    domains out.
  deny    !sender_domains = +lostmail_sender_verify_domains
          !verify         = sender/callout=30s,defer_ok
)";

inline constexpr std::string_view kUseAutoSenders =
    R"(# 1. In the main section, above "begin acl". While there is no file the list is empty.
addresslist lostmail_auto_senders = ${if exists{@P@}{nwildlsearch;@P@}{}}

# 2. In the ACL that acl_smtp_rcpt names: one condition for all of them. They skip the callout; the
#    statement below it still wants a domain that mail can be sent to.
  deny    !senders = +lostmail_auto_senders
          !verify  = sender/callout=30s,defer_ok
  deny    !verify  = sender
)";

inline constexpr std::string_view kUseHosts =
    R"(# 1. In the main section, above "begin acl". While there is no file the list is empty.
hostlist lostmail_hosts = ${if exists{@P@}{@P@}{}}

# 2. In the ACL that holds the check. The exemption stands in the statement that checks, so that it
#    lifts this check and no other. A statement that reads
#      require verify = reverse_host_lookup
#    becomes the first of these, and one for "verify = helo" the second:
  deny    !hosts   = +lostmail_hosts
          message  = Fix reverse DNS for $sender_host_address
          !verify  = reverse_host_lookup
  deny    !hosts   = +lostmail_hosts
          message  = HELO name does not fit the client
          !verify  = helo
#    Never "accept hosts = +lostmail_hosts": above relay control it opens relaying for these hosts.

# 3. Test, then reload:
#      exim -bV
#      lostmail whitelist verify
)";

inline constexpr std::string_view kUseDebianSenders =
    R"(# exim4-config reads this file by itself; a running Exim takes a change at once.
# Sender verification needs CHECK_RCPT_VERIFY_SENDER = true in
# /etc/exim4/exim4.conf.localmacros (or your own deny with !acl = acl_local_deny_exceptions).
# Test: lostmail whitelist verify
)";

inline constexpr std::string_view kUseDebianHosts =
    R"(# exim4-config reads this file by itself; a running Exim takes a change at once.
# CHECK_RCPT_REVERSE_DNS of exim4-config only warns; a deny of your own names the file with
#   !acl = acl_local_deny_exceptions
)";

inline constexpr std::string_view kUseCpanel =
    R"(# cPanel's exim.conf reads this file by itself; a running Exim takes a change at once. WHM shows it
# under Service Configuration, Exim Configuration Manager, Basic Editor, Access Lists, and writes it
# anew, without comments perhaps, when somebody edits it there: export again after that.
)";

inline constexpr std::string_view kUseDirectAdminSenders =
    R"(# DirectAdmin's exim.conf defines
#   addresslist whitelist_senders = nwildlsearch;/etc/virtual/whitelist_senders
# See where it is used before you rely on it:
#   grep -n whitelist_senders /etc/exim.conf /etc/exim.acl*.conf
# In a deny beside "!verify = sender" it lifts that check. In an accept above relay control an entry
# lets whoever forges it relay. The owner must stay mail:mail, mode 600 or 644.
# Test: lostmail whitelist verify --config /etc/exim.conf
)";

inline constexpr std::string_view kUseDirectAdminHosts =
    R"(# DirectAdmin's exim.conf defines
#   hostlist whitelist_hosts_ip = /etc/virtual/whitelist_hosts_ip
# See where it is used before you rely on it:
#   grep -n whitelist_hosts_ip /etc/exim.conf /etc/exim.acl*.conf
# In an accept above relay control an entry lets that client relay.
# Test: lostmail whitelist verify --config /etc/exim.conf
)";

inline constexpr std::string_view kUseAccess =
    R"(# Rebuild the map. Its type must be the one that sendmail.cf names (Kaccess hash ...):
#   makemap hash @P@ < @P@
# On Debian "sendmailconfig", on RHEL and FreeBSD "make -C /etc/mail" do the same. No restart.
# Test, with a key from the list:
#   echo '/map access From:user@example.com' | sendmail -bt
#   lostmail whitelist verify --mta sendmail
# What else an entry lifts:
# - From:user@domain OK counts for every client that claims the sender, and a sender can be forged.
#   With FEATURE(delay_checks) (the log then shows sender texts under ruleset=check_rcpt) it skips
#   DNS lists, reverse DNS, Connect: REJECT, rate limits and HELO checks too.
# - Connect:IP OK skips DNS lists and rate limits for that client too. Prefer it where you can: a
#   client address is hard to forge.
# - Neither opens relaying. Never write RELAY, SKIP, keys without a tag, From:user@ or a prefix of
#   an address in place of these.
# - A milter that verifies senders reads its own configuration, not this map.
)";

inline constexpr std::string_view kGuideHead =
    R"(Whitelists for Exim 4.94 and later, step by step
================================================
Change a copy of the configuration, test it with `exim -C COPY -bV`, then put it in place.

)";

inline constexpr std::string_view kGuideLists =
    R"(1. Write the lists
    lostmail whitelist export exim-senders -o @F@/lostmail_senders
    lostmail whitelist export exim-auto-senders -o @F@/lostmail_auto_senders
    lostmail whitelist export exim-callout-sender-domains -o @F@/lostmail_callout_sender_domains
    lostmail whitelist export exim-callout-receiver-domains -o @F@/lostmail_callout_receiver_domains
    lostmail whitelist export exim-sender-verify-domains -o @F@/lostmail_sender_verify_domains
    lostmail whitelist export exim-hosts -o @F@/lostmail_hosts
   Those that hold nothing need not be there: the definitions below take a missing file for an
   empty list.

2. Name them, in the main section, above "begin acl" (WHM: Advanced Editor, top most text box)
    addresslist lostmail_senders = ${if exists{@F@/lostmail_senders}{nwildlsearch;@F@/lostmail_senders}{}}
    addresslist lostmail_auto_senders = ${if exists{@F@/lostmail_auto_senders}{nwildlsearch;@F@/lostmail_auto_senders}{}}
    domainlist lostmail_callout_sender_domains = ${if exists{@F@/lostmail_callout_sender_domains}{lsearch;@F@/lostmail_callout_sender_domains}{}}
    domainlist lostmail_callout_receiver_domains = ${if exists{@F@/lostmail_callout_receiver_domains}{lsearch;@F@/lostmail_callout_receiver_domains}{}}
    domainlist lostmail_sender_verify_domains = ${if exists{@F@/lostmail_sender_verify_domains}{lsearch;@F@/lostmail_sender_verify_domains}{}}
    hostlist lostmail_hosts = ${if exists{@F@/lostmail_hosts}{@F@/lostmail_hosts}{}}
   The paths are fixed text: Exim 4.94 and later refuses paths that hold what a stranger sent
   ("tainted"), and 4.99 refuses such names of lists too.

)";

inline constexpr std::string_view kGuideOne =
    R"(3. Use them. Either the simple way: one list of senders
   In the ACL that acl_smtp_rcpt names, replace
    require verify = sender/callout
   by
    deny    !senders = +lostmail_senders
            !verify  = sender/callout=30s,defer_ok
   and in the ACL that acl_smtp_data names, replace
    require verify = header_sender
   by
    deny    !senders = +lostmail_senders
            !verify  = header_sender
   The rest of both ACLs stays, "accept domains = +local_domains" with its endpass too.
   defer_ok lets mail in where the sender's server does not answer the callout. `deny` refuses where
   all its lines are true: the sender is on no list and did not verify. Conditions are tried in
   order, so the cheap one stands first. A message of your own may stand anywhere in a deny (in a
   require it must stand above the condition); log_message adds words for the log alone.

)";

inline constexpr std::string_view kGuideTwo =
    R"(   Or the fuller way: callout and route are two checks, each with its own exemptions
   In place of the require:
    # 1. Ask the sender's server, but not about those that are known to be asked in vain.
    deny    !senders        = +lostmail_senders : +lostmail_auto_senders
            !domains        = +lostmail_callout_receiver_domains
            !sender_domains = +lostmail_callout_sender_domains : +lostmail_sender_verify_domains
            !verify         = sender/callout=10s,defer_ok
    # 2. Whoever skipped the callout must still have a domain that mail can be sent to.
    deny    !senders        = +lostmail_senders
            !sender_domains = +lostmail_sender_verify_domains
            !verify         = sender
   The second verification costs nothing: the first one's result is kept.
   lostmail_auto_senders holds shapes such as bounce-*@lists.example.org. All of the classic ones, for
   any domain, are these entries; whoever uses such a name skips the callout then:
    lostmail whitelist add exim-auto-senders '*-request@*' --note 'mailing lists'
    (also 'bounce-*@*', '*-bounce@*', 'owner-*@*', 'listmaster@*', 'root@*', 'anonymous@*', 'nobody@*')

)";

inline constexpr std::string_view kGuideHosts =
    R"(4. Reverse DNS and HELO. Where an ACL has `require verify = reverse_host_lookup` or `verify = helo`:
    deny    !hosts   = +lostmail_hosts
            message  = Fix reverse DNS for $sender_host_address
            !verify  = reverse_host_lookup
    deny    !hosts   = +lostmail_hosts
            message  = HELO name does not fit the client
            !verify  = helo

5. Test and reload
    exim -bV && lostmail whitelist verify && systemctl reload exim4
    # where the service is called exim: systemctl reload exim

)";

inline constexpr std::string_view kGuideNever =
    R"(Never
- `accept senders = +list` or `accept hosts = +list` above relay control: a sender can be forged, and
  such an accept relays for whoever guesses an entry.
- The exemptions alone, with the `require` merely commented out: without a verb of their own they
  belong to the statement above and change that.
- `wildlsearch`: it expands its keys, so that an entry from outside runs commands, and it fails at
  the '$' of a regex. lostmail writes for `nwildlsearch`.
- Lists without the `exists` test before the file is there: each session that needs it ends in 421.

)";

inline constexpr std::string_view kGuideDead =
    R"(dsn.rfc-ignorant.org is dead
   Old guides exempt domains that refuse MAIL FROM:<> with
    !dnslists = dsn.rfc-ignorant.org/$sender_address_domain
   The list closed in 2012. The line exempts nobody and makes each mail wait for DNS: take it out.
   What it stood for is in your own log: exim-callout-sender-domains. `lostmail whitelist suggest`
   proposes a domain there once several of its senders were lost because its server refuses <>.

)";

inline constexpr std::string_view kGuidePanels =
    R"(Panels that ignore their own list here
   Hestia (and Vesta): /etc/exim4/white-blocks.conf is read when a client connects and before DNS
   lists, not by `require verify = sender` of acl_check_rcpt: an entry there does not help mail that
   sender verification refused. Change that statement in /etc/exim4/exim4.conf.template as in step 3,
   and again after each update of the panel.
   ISPmanager: /etc/exim4/whitelist is read with wildlsearch, which runs what is in it.
   cPanel, Debian, DirectAdmin: lostmail whitelist guide --mta cpanel|debian|directadmin
)";

inline constexpr std::string_view kGuideCpanel =
    R"(Whitelists and sender callouts on cPanel
========================================
A. Turn callouts off
   Today's WHM: Service Configuration, Exim Configuration Manager, Basic Editor, tab Mail:
     "Sender Verification Callouts" Off, Save. Leave "Sender Verification" On: it wants a domain that
     mail can be sent to, and asks no other server.
   WHM 11: Service Configuration, Exim Configuration Editor: untick "Use callouts to verify the
     existence of email senders. Basically, exim will connect to the mail exchanger for a given
     address to make sure it exists before accepting mail from it.", Save.
   WHM 10: Service Configuration, Exim Configuration Editor: untick "Use callouts to verify the
     existence of email senders.", Save.
   cPanel restarts Exim by itself. /etc/exim.conf is generated: do not edit it.

)";

inline constexpr std::string_view kGuideCpanelLists =
    R"(
B. Keep callouts, and let clients in: no ACL is touched
    lostmail whitelist suggest --platform cpanel
    lostmail whitelist export cpanel -o /etc
   /etc/senderverifybypasshosts lifts sender verification for a client address;
   /etc/trustedmailhosts lifts every check at RCPT but that of the recipient, and is proposed for
   reverse DNS and HELO alone. /etc/skipsmtpcheckhosts also lifts relay control: lostmail never
   writes it. No stock file takes a sender.

C. Keep callouts, and let senders in: narrower, by an ACL of your own
   Exim Configuration Manager, Advanced Editor. cPanel keeps what stands in its text boxes; the
   generated ACL that verifies must be switched off in favour of yours.

)";

inline constexpr std::string_view kGuideDebian =
    R"(Whitelists on Debian and Ubuntu (exim4-config)
==============================================
1. exim4-config verifies senders only where /etc/exim4/exim4.conf.localmacros says
    CHECK_RCPT_VERIFY_SENDER = true
   and, by callout, for senders that /etc/exim4/local_sender_callout names: that file is the opposite
   of a whitelist. In a smarthost setup every sender passes, since all mail goes to the smarthost.

2. Let senders and clients in
    lostmail whitelist suggest
    lostmail whitelist export debian-exim4 -o @F@
   writes @F@/sender_local_deny_exceptions (addresses, shapes, domains) and
   @F@/host_local_deny_exceptions (client addresses). Exim reads them in acl_local_deny_exceptions:
   an entry lifts sender verification, both callouts, the two local black lists and the SPF check,
   all at once. It does not lift relay control nor the check of the recipient.
   The older names local_sender_whitelist and local_host_whitelist are still read; do not add to them.

3. Narrower: a list that lifts one check, in place of the file above. With the split configuration,
   name the list in a file of your own, conf.d/main/50_lostmail:
    addresslist lostmail_senders = ${if exists{@F@/lostmail_senders}{nwildlsearch;@F@/lostmail_senders}{}}
   and in conf.d/acl/30_exim4-config_check_rcpt, in the deny below CHECK_RCPT_VERIFY_SENDER, add
    !senders = +lostmail_senders
   above `!verify = sender`. Then
    lostmail whitelist export exim-senders -o @F@/lostmail_senders

4. CHECK_RCPT_REVERSE_DNS only adds a header. Where you refuse clients without reverse DNS, put
    !acl = acl_local_deny_exceptions
   into that deny.

5. Test and reload
    update-exim4.conf && exim4 -bV && lostmail whitelist verify && systemctl reload exim4
   A changed list needs no reload.
)";

inline constexpr std::string_view kGuideDirectAdmin =
    R"(Whitelists on DirectAdmin
=========================
1. The lists
    lostmail whitelist export directadmin -o /etc/virtual
   writes /etc/virtual/whitelist_senders (read with nwildlsearch) and
   /etc/virtual/whitelist_hosts_ip (client addresses). Owner and mode stay as they are (mail:mail).

2. Look where exim.conf uses them: releases differ
    grep -n 'whitelist_senders\|whitelist_hosts_ip\|verify = sender' /etc/exim.conf /etc/exim.acl*.conf
   In a deny beside `!verify = sender` an entry lifts that check. Where the lists stand in an accept
   above relay control, an entry relays for whoever forges it: mend the statement first, as
    deny    !senders = +whitelist_senders
            !hosts   = +whitelist_hosts_ip
            !verify  = sender/callout=30s,defer_ok
   in a file that updates keep: /etc/exim.acl_check_recipient.pre.conf.
   whitelist_domains is never written: a whitelisted domain would be relay permission for whoever
   forges it.

3. Test and reload
    exim -bV && lostmail whitelist verify && service exim restart

)";

inline constexpr std::string_view kGuideSendmail =
    R"(Whitelists for Sendmail 8.12 and later
======================================
1. sendmail.mc must have the access map
    FEATURE(`access_db', `hash -T<TMPF> -o /etc/mail/access.db')dnl
   Changed .mc files need `make -C /etc/mail` (Debian: sendmailconfig) and a restart; a rebuilt map
   needs neither.

2. Write the map
    lostmail whitelist export sendmail-access -o @F@/access
    makemap hash @F@/access < @F@/access
    echo '/map access From:user@example.com' | sendmail -bt        (a key of the list: returns OK)

3. What each entry lifts
   check that refused                          entry               beside it
   Domain of sender address does not exist,    From:user@dom OK    with delay_checks also DNS lists,
     badmx                                                         reverse DNS, rate limits, HELO
   Fix reverse DNS, possibly forged, client    Connect:IP OK       DNS lists and rate limits
     address does not resolve (require_rdns)
   Neither relays. RELAY is never written.

4. Features that decide (sendmail.mc)
    FEATURE(`delay_checks')               checks wait for RCPT: From: OK then skips the client's too
    FEATURE(`delay_checks', `friend')     a recipient may opt out: Spam:bob@example.org FRIEND
    FEATURE(`require_rdns')               refuses clients without reverse DNS
    FEATURE(`badmx')                      refuses senders whose MX is unusable
    FEATURE(`accept_unresolvable_domains')  drops the check of the sender's domain for everybody:
                                          a last resort, behind a firewall only
   "Domain of sender address does not resolve" (451) is a resolver's fault: mend DNS, no entry helps.
   A bogus HELO (block_bad_helo) has no safe entry: class R would permit relaying.

5. Sendmail verifies no sender itself: where a milter does (smf-sav, milter-sender), its own file
   decides. smf-sav: WhitelistIP 192.0.2.7/32 in /etc/mail/smfs/smf-sav.conf, and a restart; its
   WhitelistFrom and WhitelistPTR match any part of a name and let far more in.

6. Test
    lostmail whitelist verify --mta sendmail
)";

}  // namespace lostmail::whitelist
