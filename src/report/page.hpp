#pragma once

/// The fixed parts of the HTML page.
namespace lostmail::report {

/// Of kScript, for the content security policy; a test holds it against the script.
inline constexpr const char* kScriptHash = "sha256-wFa52fqTsBRQd1FcLK98HCLQKuOBGa658sMRHlTY5O4=";

inline constexpr const char* kStyle = R"css(
:root{color-scheme:light dark;--ground:#fff;--text:#1c2126;--soft:#5b6670;--line:#d9dee3;--card:#f5f7f9;
--alarm:#b3261e;--link:#0b57a4;--c0:#2f6db3;--c1:#e08a1e;--c2:#1f9488;--c3:#b0457f;--c4:#7d6fd0;--c5:#9aa3ab}
@media (prefers-color-scheme:dark){:root{--ground:#14181c;--text:#e4e8ec;--soft:#9fabb6;--line:#333c45;--card:#1d2329;
--alarm:#ff8a80;--link:#8ec1f5;--c0:#6aa9ea;--c1:#f0a850;--c2:#4cc2b4;--c3:#e07fb2;--c4:#a99df2;--c5:#7d8790}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:16px/1.5 system-ui,sans-serif}
main,header{max-width:72rem;margin:0 auto;padding:0 1rem}
h1{font-size:1.5rem;line-height:1.25;margin:1.5rem 0 .25rem;overflow-wrap:anywhere}
h2{font-size:1.15rem;margin:2rem 0 .5rem}
p{margin:.5rem 0}
.soft{color:var(--soft)}
.lead{font-size:1.15rem}
.alarm{color:var(--alarm);font-weight:600}
.tiles{display:flex;flex-wrap:wrap;gap:.75rem;padding:0;margin:1rem 0;list-style:none}
.tiles li{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:.6rem 1rem;flex:1 1 11rem}
.tiles b{display:block;font-size:1.6rem;line-height:1.2}
.filter{position:sticky;top:0;background:var(--ground);padding:.5rem 0;z-index:1;border-bottom:1px solid var(--line)}
.filter input{font:inherit;width:100%;max-width:26rem;padding:.35rem .6rem;border:1px solid var(--soft);border-radius:6px;
background:var(--ground);color:inherit}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%;font-size:.92rem}
th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
thead th{white-space:nowrap;background:var(--card)}
th.num,td.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.name{overflow-wrap:anywhere;min-width:11rem}td.words{min-width:10rem}td.tight{white-space:nowrap}
th button{font:inherit;font-weight:600;background:none;border:0;padding:.2rem 0;color:inherit;cursor:pointer}
th[aria-sort] button::after{content:" \2195";color:var(--soft)}
th[aria-sort=ascending] button::after{content:" \2191"}
th[aria-sort=descending] button::after{content:" \2193"}
button:focus-visible,input:focus-visible,summary:focus-visible,a:focus-visible,.scroll:focus-visible{outline:2px solid var(--link);outline-offset:2px}
dl{margin:.75rem 0;border-left:4px solid var(--c0);padding:.25rem 0 .25rem 1rem}
dt{font-weight:600}dd{margin:0 0 .75rem}
code,pre{font:.88rem/1.45 ui-monospace,monospace;background:var(--card);border-radius:4px}
code{padding:.1rem .3rem;overflow-wrap:anywhere}pre{padding:.75rem;overflow-x:auto}
figure{margin:1.25rem 0}figcaption{font-weight:600;margin-bottom:.4rem}
svg{width:100%;min-width:38rem;height:auto;display:block}
svg text{fill:var(--soft);font-size:12px}.end{text-anchor:end}.mid{text-anchor:middle}
.grid{stroke:var(--line)}.none{fill:var(--card)}
.s0{fill:var(--c0);background:var(--c0)}.s1{fill:var(--c1);background:var(--c1)}.s2{fill:var(--c2);background:var(--c2)}
.s3{fill:var(--c3);background:var(--c3)}.s4{fill:var(--c4);background:var(--c4)}.s5{fill:var(--c5);background:var(--c5)}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1.25rem;list-style:none;padding:0;margin:.4rem 0;font-size:.9rem}
.key{display:inline-block;width:.8rem;height:.8rem;border-radius:2px;margin-right:.4rem}
details{margin:.4rem 0}summary{cursor:pointer;color:var(--link)}
footer{max-width:72rem;margin:2rem auto;padding:1rem;border-top:1px solid var(--line);color:var(--soft)}
)css";

/// Sorts a table by the header that is pressed, and shows the rows that hold what is typed.
inline constexpr const char* kScript = R"js(
"use strict";
for (const table of document.querySelectorAll("table.data")) {
  const heads = [...table.tHead.rows[0].cells];
  heads.forEach((head, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    head.setAttribute("aria-sort", "none");
    button.addEventListener("click", () => {
      const number = head.classList.contains("num");
      const before = head.getAttribute("aria-sort");
      const down = before === "none" ? number : before === "ascending";
      for (const other of heads) other.setAttribute("aria-sort", "none");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const value = (row) => {
        const cell = row.cells[column];
        return number ? Number(cell.dataset.v || -1) : cell.textContent;
      };
      const order = (a, b) => {
        const x = value(a), y = value(b);
        return (number ? x - y : x.localeCompare(y)) * (down ? -1 : 1);
      };
      table.tBodies[0].append(...[...table.tBodies[0].rows].sort(order));
    });
  });
}
const filter = document.getElementById("filter");
filter.closest(".filter").hidden = false;
filter.addEventListener("input", () => {
  const wanted = filter.value.trim().toLowerCase();
  let shown = 0, all = 0;
  for (const row of document.querySelectorAll("table.data tbody tr")) {
    row.hidden = !row.textContent.toLowerCase().includes(wanted);
    all += 1;
    shown += row.hidden ? 0 : 1;
  }
  document.getElementById("shown").textContent = wanted ? shown + " of " + all + " rows" : "";
});
)js";

}  // namespace lostmail::report
