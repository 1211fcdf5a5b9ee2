const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱˣ';
const SUPERSCRIPT_MEANINGS = '0123456789+-nix';
const SUBSCRIPTS = '₀₁₂₃₄₅₆₇₈₉₊₋ₙ';
const SUBSCRIPT_MEANINGS = '0123456789+-n';

/** Signs outside ASCII and what LaTeX calls them. */
const SIGNS = new Map<string, string>();
const SIGN_TABLE = `
  − -|– -|— -|‒ -|﹣ -|× \\times|⋅ \\cdot|· \\cdot|∙ \\cdot|∗ *|÷ /|∕ /|⁄ /|≤ \\le|⩽ \\le|≥ \\ge|⩾ \\ge
  ≠ \\ne|≈ \\approx|≅ \\approx|≃ \\approx|≡ \\equiv
  ∈ \\in|∉ \\notin|∪ \\cup|∩ \\cap|∖ \\setminus|∞ \\infty|∅ \\emptyset|⌀ \\emptyset|± \\pm|∓ \\mp|⌊ \\lfloor|⌋ \\rfloor|⌈ \\lceil|⌉ \\rceil
  ⟨ \\langle|⟩ \\rangle|ℝ \\mathbb{R}|ℤ \\mathbb{Z}|ℕ \\mathbb{N}|ℚ \\mathbb{Q}|ℂ \\mathbb{C}
  ∧ \\land|∨ \\lor|∣ \\mid|′ '|’ '|∑ \\sum|∏ \\prod|∫ \\int
  ∠ \\angle|△ \\triangle|√ \\surd|∛ \\cubesurd|∜ \\quartsurd|… \\ldots|ℯ e|ⅈ i|° ^\\circ|º ^\\circ
  ½ \\frac{1}{2}|⅓ \\frac{1}{3}|⅔ \\frac{2}{3}|¼ \\frac{1}{4}|¾ \\frac{3}{4}|⅕ \\frac{1}{5}
  ⅖ \\frac{2}{5}|⅗ \\frac{3}{5}|⅘ \\frac{4}{5}|⅙ \\frac{1}{6}
  ⅚ \\frac{5}{6}|⅐ \\frac{1}{7}|⅛ \\frac{1}{8}|⅜ \\frac{3}{8}|⅝ \\frac{5}{8}|⅞ \\frac{7}{8}|⅑ \\frac{1}{9}|⅒ \\frac{1}{10}
  α \\alpha|β \\beta|γ \\gamma|δ \\delta|ε \\epsilon|ζ \\zeta|η \\eta|θ \\theta|κ \\kappa
  λ \\lambda|μ \\mu|ν \\nu|ξ \\xi|π \\pi|ρ \\rho|σ \\sigma|τ \\tau
  φ \\phi|ϕ \\phi|χ \\chi|ψ \\psi|ω \\omega|Γ \\Gamma|Δ \\Delta|Θ \\Theta|Λ \\Lambda|Ξ \\Xi|Π \\Pi|Σ \\Sigma|Φ \\Phi|Ψ \\Psi|Ω \\Omega`;
for (const entry of SIGN_TABLE.trim().split(/\s*[|\n]\s*/u)) {
  const [sign = '', meaning = ''] = entry.split(' ');
  SIGNS.set(sign, meaning);
}

/** Mathematics in unicode signs as LaTeX in ASCII: `½`, `x²`, `√2`, `≤`, full-width digits. Plain ASCII comes back as it is. */
export function plainCharacters(text: string): string {
  if (!/[^\u0020-\u007e]/u.test(text)) {
    return text;
  }
  return text
    .replace(/[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱˣ]+/gu, (run) => `^{${translated(run, SUPERSCRIPTS, SUPERSCRIPT_MEANINGS)}}`)
    .replace(/[₀₁₂₃₄₅₆₇₈₉₊₋ₙ]+/gu, (run) => `_{${translated(run, SUBSCRIPTS, SUBSCRIPT_MEANINGS)}}`)
    .replace(/[^\p{ASCII}]/gu, (sign) => {
      const meaning = SIGNS.get(sign) ?? sign;
      return /\\[a-z]+$/iu.test(meaning) ? `${meaning} ` : meaning;
    })
    .normalize('NFKC')
    .replace(/[\u200b-\u200f\u2060\ufeff]/gu, '')
    .replace(/[−–]/gu, '-')
    .replace(/\s/gu, ' ');
}

function translated(run: string, signs: string, meanings: string): string {
  return Array.from(run, (sign) => meanings.charAt(signs.indexOf(sign))).join('');
}
