"""How the workbench looks: neutral greys, so that nothing on the screen tints how a photo is judged."""

from __future__ import annotations

GROUND = "#1e1e1e"
RAISED = "#2b2b2b"
LINE = "#3c3c3c"
TEXT = "#d8d8d8"
ACCENT = "#a9bdd6"
ON_ACCENT = "#161616"

OPTIONS: dict[str, str | int | bool] = {
    "theme.base": "dark",
    "theme.backgroundColor": GROUND,
    "theme.secondaryBackgroundColor": RAISED,
    "theme.borderColor": LINE,
    "theme.textColor": TEXT,
    "theme.primaryColor": ACCENT,
    "theme.linkColor": ACCENT,
    "theme.codeTextColor": TEXT,
    "theme.codeBackgroundColor": RAISED,
    "theme.font": "system-ui, -apple-system, Segoe UI, Helvetica Neue, DejaVu Sans, sans-serif",
    "theme.codeFont": "ui-monospace, SF Mono, Menlo, DejaVu Sans Mono, monospace",
    "theme.baseFontSize": 14,
    "theme.headingFontSizes": '["22px", "18px", "16px", "15px", "14px", "14px"]',
    "theme.headingFontWeights": "[600, 600, 600, 600, 600, 600]",
    "theme.baseRadius": "5px",
    "theme.paddingTop": "4px",
    "theme.paddingBottom": "0px",
    "theme.showWidgetBorder": True,
    # News, warnings and errors differ by their words and a hint of tone, not by a flood of colour.
    "theme.blueBackgroundColor": RAISED,
    "theme.blueTextColor": TEXT,
    "theme.grayTextColor": "#a3a3a3",
    "theme.yellowBackgroundColor": "#332e24",
    "theme.yellowTextColor": "#ecd9ae",
    "theme.redBackgroundColor": "#38282a",
    "theme.redTextColor": "#f2c9c6",
}

# Only what no option reaches: the top bar thin, the sides narrow, the rows close together.
CSS = (
    """
<style>
[data-testid="stMainBlockContainer"] { padding-left: 20px; padding-right: 20px; max-width: none; }
[data-testid="stMainBlockContainer"] > [data-testid="stVerticalBlock"] { gap: 6px; }
[data-testid="stHeader"] { height: 40px; min-height: 40px; }
.stApp:has([data-testid="stTopNav"]) [data-testid="stMainBlockContainer"] { padding-top: 44px; }
[data-testid="stElementContainer"]:has(> [data-testid="stHtml"]) { display: none; }
[data-testid="stAlertContainer"] { padding: 8px 12px; min-height: 0; }
.stApp p { max-width: 110ch; }
.st-key-step { padding: 6px 0 4px; }
.stApp [data-testid^="stBaseButton-primary"]:disabled { color: #8a8a8a; }
/* What speaks against a training: read once, not shouted. */
.st-key-mind { border-left: 2px solid #6f6444; padding: 0 0 0 10px; margin: 2px 0; }
.st-key-mind p { max-width: none; font-size: 13px; line-height: 1.45; color: #c9bfa6; }
.st-key-verdict p { max-width: none; }
.st-key-band p { white-space: nowrap; line-height: 1.45; }
.st-key-model-head p, .st-key-live p { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.ladder { display: flex; gap: 10px 28px; flex-wrap: wrap; font-size: 12px; color: #a3a3a3; }
.ladder .bracket { display: flex; flex-direction: column; gap: 5px; }
.ladder b { font-weight: 600; color: TEXT; }
.ladder .rung { display: grid; grid-template-columns: 62px auto auto; gap: 8px;
  align-items: center; justify-content: start; }
.ladder .rung > span:nth-child(2) { display: flex; flex-wrap: wrap; gap: 2px; max-width: 260px; }
.ladder i { width: 9px; height: 13px; border-radius: 2px; border: 1px solid #565656; }
.ladder i.done { background: ACCENT; border-color: ACCENT; }
.ladder i.running { background: linear-gradient(to top, ACCENT 50%, transparent 50%); border-color: ACCENT; }
.ladder i.failed { background: #38282a; border-color: #f2c9c6; }
/* Running work stands in the top bar, beside the navigation, so that nothing below it moves. */
[data-testid="stLayoutWrapper"]:has(.st-key-work) { position: absolute; }
.st-key-work { position: fixed; top: 0; right: 16px; z-index: 999995; height: 40px; flex-wrap: nowrap;
  justify-content: flex-end; width: auto; max-width: calc(100vw - 230px); }
.st-key-work [data-testid="stMarkdown"] { min-width: 0; overflow: hidden; }
.st-key-work p { white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.stApp [data-testid^="stBaseButton-primary"] { color: ON-ACCENT; font-weight: 600; }
.stApp [data-testid^="stBaseButton-tertiary"] { color: ACCENT; }
.stApp :focus-visible { outline: 2px solid #f4f4f4; outline-offset: 1px; }
</style>
""".replace("ON-ACCENT", ON_ACCENT)
    .replace("ACCENT", ACCENT)
    .replace("TEXT", TEXT)
)
