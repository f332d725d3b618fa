/** The page's look, light and dark. Colours of processes stay the same in all plots. */
export const style = `
:root { color-scheme: light dark; --paper: #fcfcfb; --ink: #1d1d1b; --soft: #6a6964; --rule: #e3e2dd; --band: #f1f0ec;
  --c0: #2a78d6; --c1: #c2571a; --c2: #1a8a6b; --c3: #8a4fc8; --c4: #b3406f; --c5: #7a7a2a; --c6: #6f7480; }
@media (prefers-color-scheme: dark) { :root { --paper: #1a1a19; --ink: #ecebe6; --soft: #a5a49d; --rule: #383835; --band: #232321;
  --c0: #5b9df0; --c1: #e08a4f; --c2: #46b896; --c3: #b48ae6; --c4: #e07aa2; --c5: #b5b55a; --c6: #9aa0ac; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 780px; padding: 28px 20px 60px; background: var(--paper); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 24px; margin: 0 0 2px; } h2 { font-size: 17px; margin: 34px 0 8px; }
p { margin: 6px 0; } .soft, figcaption span { color: var(--soft); font-weight: 400; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(165px, 1fr)); gap: 10px; margin: 18px 0; }
.tiles div { border: 1px solid var(--rule); border-radius: 6px; padding: 10px 12px; }
.tiles b { display: block; font-size: 21px; font-weight: 600; } .tiles span { color: var(--soft); font-size: 13px; }
.bad { color: #c8322b; font-weight: 600; }
figure { margin: 22px 0; } figcaption { font-weight: 600; margin-bottom: 4px; } svg { width: 100%; height: auto; display: block; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: 14px; }
th, td { text-align: right; padding: 4px 8px; border-bottom: 1px solid var(--rule); } th:first-child, td:first-child { text-align: left; }
th { font-weight: 500; color: var(--soft); } td.text { text-align: left; }
.scroll { overflow-x: auto; }
.legend { font-size: 13px; color: var(--soft); } .legend span { margin-right: 14px; white-space: nowrap; }
.key { display: inline-block; width: 11px; height: 11px; border-radius: 2px; margin-right: 5px; }
.grid { stroke: var(--rule); } .tick { fill: var(--soft); font-size: 11.5px; } .name { fill: var(--ink); font-size: 12.5px; }
.inside { fill: #fff; font-size: 11px; } .end { text-anchor: end; } .middle { text-anchor: middle; }
.band0 { fill: var(--band); } .band1 { fill: none; }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; }
${Array.from({ length: 7 }, (_, i) => `.line.c${i} { stroke: var(--c${i}); } .part.c${i} { fill: var(--c${i}); } .key.c${i} { background: var(--c${i}); }`).join('\n')}
`
