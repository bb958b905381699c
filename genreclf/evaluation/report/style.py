"""The frame of a report: its style and the few lines of script that draw its charts."""

from genreclf.palette import DARK, LIGHT, Palette

_MORE = {"light": {"side": "#F1ECE0", "link": "#8A2629", "scheme": "light"},
         "dark": {"side": "#242220", "link": "#E78688", "scheme": "dark"}}  # fmt: skip


def _colours(palette: Palette) -> str:
    more = _MORE[palette.name]
    return (
        f"--ink:{palette.ink};--faint:{palette.faint};--paper:{palette.paper};--accent:{palette.accent};"
        f"--side:{more['side']};--link:{more['link']};color-scheme:{more['scheme']}"
    )


_STYLE = """
:root{LIGHT}
@media (prefers-color-scheme:dark){:root{DARK}}
*{box-sizing:border-box}
body{margin:0 auto;padding:1.5rem 1rem 4rem;max-width:60rem;background:var(--paper);color:var(--ink);
 font:16px/1.55 "Source Sans 3","Source Sans Pro",system-ui,sans-serif}
h1,h2,h3{font-family:Georgia,"Source Serif 4",serif;line-height:1.2;font-weight:600}
h1{font-size:2rem;margin:.5rem 0}
h2{font-size:1.5rem;margin:3.5rem 0 .5rem;padding-top:1rem;border-top:1px solid var(--faint)}
h3{font-size:1.15rem;margin:2rem 0 .3rem}
a{color:var(--link)}
nav ul{display:flex;flex-wrap:wrap;gap:.3rem 1.2rem;list-style:none;padding:0}
.note{font-size:.87rem;opacity:.85;margin:.3rem 0 1rem}
.lead{font-size:1.1rem}
figure{margin:1.5rem 0}
figcaption.name{font-weight:600}
.chart{width:100%}
.wide{overflow-x:auto;margin:.8rem 0}
table{border-collapse:collapse;font-size:.87rem;font-variant-numeric:tabular-nums}
th,td{padding:.28rem .7rem .28rem 0;border-bottom:1px solid var(--faint);text-align:left;white-space:nowrap}
thead th{font-weight:600;vertical-align:bottom}
tbody th{font-weight:400;position:sticky;left:0;background:var(--paper)}
.number{text-align:right}
thead .number{text-align:right}
.wall{display:grid;grid-template-columns:repeat(auto-fill,minmax(100px,1fr));gap:1rem .7rem;list-style:none;padding:0}
.wall li{font-size:.8rem;line-height:1.35}
.wall img{display:block;width:100%;max-width:136px;height:auto;
 border-radius:3px;background:var(--side);margin-bottom:.3rem}
.wall b,.wall span{display:block;overflow-wrap:anywhere}
select{font:inherit;color:var(--ink);background:var(--side);border:1px solid var(--faint);border-radius:4px;
 padding:.25rem .5rem;max-width:100%}
@media print{.chart{break-inside:avoid}}
""".replace("LIGHT", _colours(LIGHT)).replace("DARK", _colours(DARK))

_SCRIPT = """
const figures=JSON.parse(document.getElementById('figures').textContent);
const template=JSON.parse(document.getElementById('template').textContent);
const dark=matchMedia('(prefers-color-scheme:dark)');
function inTheme(held){
  const figure=structuredClone(held.figure);
  if(dark.matches)for(const [path,value] of held.dark){
    let place=figure;for(const step of path.slice(0,-1))place=place[step];
    place[path.at(-1)]=value;}
  figure.layout.template=template;return figure;}
function draw(element){
  const figure=inTheme(figures[element.dataset.figure]);
  Plotly.react(element,figure.data,figure.layout,{displayModeBar:false,responsive:true});
  element.dataset.drawn='';}
const seen=new IntersectionObserver(entries=>{for(const entry of entries)if(entry.isIntersecting){
  seen.unobserve(entry.target);draw(entry.target);}},{rootMargin:'400px'});
document.querySelectorAll('.chart').forEach(element=>seen.observe(element));
dark.addEventListener('change',()=>document.querySelectorAll('.chart[data-drawn]').forEach(draw));
addEventListener('beforeprint',()=>document.querySelectorAll('.chart:not([data-drawn])').forEach(element=>{
  if(element.offsetParent)draw(element);}));
document.querySelectorAll('select[data-choice]').forEach(list=>{
  const follow=()=>document.querySelectorAll(`[data-of="${list.dataset.choice}"]`).forEach(part=>{
    part.hidden=part.dataset.value!==list.value;});
  list.addEventListener('change',follow);follow();});
"""

# Nothing may be fetched: a report says the same on a machine without internet, and tells nobody that it was opened.
PAGE = f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none';img-src data:;style-src 'unsafe-inline';script-src 'unsafe-inline'">
<title>@TITLE@</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>@TITLE@</h1>
<nav aria-label="Sections"><ul>@CONTENTS@</ul></nav>
<noscript><p>The charts and the lists to choose from need JavaScript; each chart is also told in words.</p></noscript>
<main>
@BODY@
</main>
<script type="application/json" id="template">@TEMPLATE@</script>
<script type="application/json" id="figures">@FIGURES@</script>
<script>@PLOTLY@</script>
<script>{_SCRIPT}</script>
</body>
</html>
"""
