"""How a report looks: by day and by night, on a wide and on a narrow screen, and printed.

Sky blue stands for what holds and vermillion for what does not, always beside a sign and a word.
Parking is yellow-brown and toll purple; each has a shape or a dash of its own besides.
"""

__all__ = ["STYLE"]

STYLE = """
:root{color-scheme:light dark;--paper:#fff;--card:#f5f7f9;--ink:#1b1f24;--quiet:#59636e;
--line:#d4dae0;--good:#0060B0;--bad:#B03A00;--charge:#0060B0;--park:#8A5A00;--toll:#93347E;
--all:#59636e;--struck:#B03A00}
@media(prefers-color-scheme:dark){:root{--paper:#14171a;--card:#1d2125;--ink:#e8ebee;
--quiet:#a3adb7;--line:#3a4148;--good:#56B4E9;--bad:#F0803C;--charge:#56B4E9;--park:#F0C24A;
--toll:#E08CC4;--all:#a3adb7;--struck:#D55E00}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);
font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
main{max-width:1180px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:30px;line-height:1.2;margin:0 0 6px}
h2{font-size:20px;margin:48px 0 12px}
p{margin:0 0 12px;max-width:75ch}
.quiet,figcaption{color:var(--quiet)}
.verdict{margin:24px 0;padding:14px 18px;border-left:6px solid;border-radius:6px;
background:var(--card);font-size:18px}
.verdict.good{border-color:var(--good)}.verdict.bad{border-color:var(--bad)}
.sign.good,.good>b{color:var(--good)}.sign.bad,.bad>b{color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(140px,1fr));gap:12px;margin:0}
.tiles div{background:var(--card);border-radius:6px;padding:12px 16px}
.tiles dt{color:var(--quiet);font-size:14px}
.tiles dd{margin:0;font-size:24px;font-weight:600;font-variant-numeric:tabular-nums}
.tiles small{font-size:14px;font-weight:400;color:var(--quiet)}
.plots{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,480px),1fr));gap:20px}
figure{margin:0;padding:16px 16px 12px;background:var(--card);border-radius:6px;min-width:0}
figure h3{font-size:16px;margin:0 0 8px}
figure.full{margin-bottom:20px}
.full .room,.wide{overflow-x:auto}
.full svg{min-width:760px}
figcaption{font-size:14px;line-height:1.45;margin-top:6px;max-width:80ch}
svg{display:block;width:100%;height:auto}
svg text{fill:var(--ink);font:12px system-ui,sans-serif}
svg .tick{fill:var(--ink);font-size:11.5px}svg .quiet{fill:var(--quiet)}
.axis{stroke:var(--quiet);fill:none}.grid{stroke:var(--line);fill:none}
.limit{stroke:var(--bad);stroke-width:1.5;stroke-dasharray:7 4}
svg .limit-name{fill:var(--bad);font-weight:600}
.line{fill:none;stroke-width:2;stroke-linejoin:round;stroke:currentColor}
.line.faint{stroke-width:1;opacity:.5}
.area{fill:currentColor;opacity:.16}.bar,.block,.dot{fill:currentColor}
.dot{stroke:var(--card);stroke-width:.8}.cross{stroke:currentColor;stroke-width:2.4;fill:none}
.charge{color:var(--charge)}.park{color:var(--park)}.toll{color:var(--toll)}.all{color:var(--all)}
.line.park{stroke-dasharray:6 3}.line.toll{stroke-dasharray:2 3}.line.faint{stroke-dasharray:none}
svg .bad,.fault,.death,.alarm,.lie{color:var(--bad)}
.struck{fill:var(--struck);opacity:.13}.struck-bar{color:var(--struck)}
.block{opacity:.85}.block.struck-bar{opacity:.35}
.line.all{stroke:none}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;font-size:13px;margin:0 0 4px;padding:0;
list-style:none}
.legend svg,.dot-key svg{display:inline-block;width:12px;height:12px;margin-right:6px;
vertical-align:-1px}
table{border-collapse:collapse;font-size:14px;min-width:100%}
th{text-align:left;color:var(--quiet);font-weight:500}
th,td{padding:6px 14px 6px 0;border-bottom:1px solid var(--line);vertical-align:top}
.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.sign{white-space:nowrap}td .sign{white-space:normal}td:first-child .sign{white-space:nowrap}
code{font:13px ui-monospace,Menlo,Consolas,monospace;overflow-wrap:anywhere}
td code{overflow-wrap:normal}
details{background:var(--card);border-radius:6px;padding:12px 16px;margin:0 0 12px}
summary{cursor:pointer;font-weight:500}details[open] summary{margin-bottom:12px}
footer{margin-top:56px;font-size:14px;color:var(--quiet)}
@media print{main{max-width:none;padding:0}figure,details{break-inside:avoid}}
"""
"""The page's only style sheet."""
