import { formatNumber } from './formatValue.ts';
import { html, type Markup } from './html.ts';
import { selectionReasons, type SelectedCompletion } from './reportData.ts';

const LONGEST_TEXT = 6_000;
const THOUGHT_END = '</think>';

/** Sampled completions as a table that can be sorted and filtered. */
export function completionsSection(completions: readonly SelectedCompletion[]): Markup {
  if (completions.length === 0) {
    return html`<p class="note">No completions were kept.</p>`;
  }
  const rewards = [...new Set(completions.flatMap(({ row }) => Object.keys(row.rewards)))];
  const columns = ['Step', 'Reward', ...(rewards.length > 1 ? rewards : []), 'Advantage', 'Tokens'];
  return html`${controls(completions)}
    <div class="card scroll" tabindex="0" role="region" aria-label="Completions">
      <table class="completions">
        <thead>
          <tr>
            ${columns.map((name) => html`<th scope="col" class="number" data-sort>${name}</th>`)}
            <th scope="col">Shown as</th>
            <th scope="col">Prompt and completion</th>
          </tr>
        </thead>
        <tbody>
          ${completions.map((completion) => completionRow(completion, rewards.length > 1 ? rewards : []))}
        </tbody>
      </table>
    </div>`;
}

function controls(completions: readonly SelectedCompletion[]): Markup {
  const steps = [...new Set(completions.map(({ row }) => row.step))].sort((left, right) => left - right);
  return html`<form class="controls" hidden>
    <label
      >Step
      <select name="step">
        <option value="">all</option>
        ${steps.map((step) => html`<option>${step}</option>`)}
      </select></label
    >
    <label
      >Shown as
      <select name="reason">
        <option value="">all</option>
        ${selectionReasons.map((reason) => html`<option>${reason}</option>`)}
      </select></label
    >
    <label class="grow">Text <input name="text" type="search" placeholder="in prompt or completion" /></label>
    <output name="count"></output>
  </form>`;
}

function completionRow({ row, total, reasons }: SelectedCompletion, rewards: readonly string[]): Markup {
  const numbers = [row.step, total, ...rewards.map((name) => row.rewards[name]), row.advantage, row.tokens];
  return html`<tr data-step="${row.step}" data-reasons="${reasons.join(' ')}">
    ${numbers.map(numberCell)}
    <td>${reasons.map((reason) => html`<span class="tag ${reason}">${reason}</span> `)}</td>
    <td class="texts">
      <p class="prompt">${shortened(row.prompt)}</p>
      ${completionText(row.completion)}
    </td>
  </tr>`;
}

function numberCell(value: number | undefined): Markup {
  return html`<td class="number" data-value="${value ?? ''}">
    ${value === undefined ? 'masked' : formatNumber(value)}
  </td>`;
}

/** The completion with its thought set apart from what it answers. */
function completionText(completion: string): Markup {
  const text = shortened(completion);
  const end = text.lastIndexOf(THOUGHT_END);
  const cut = end < 0 ? 0 : end + THOUGHT_END.length;
  const thought = cut === 0 ? undefined : html`<span class="thought">${text.slice(0, cut)}</span>`;
  return html`<p class="completion">${thought}${text.slice(cut)}</p>`;
}

/** A long text without its middle. */
function shortened(text: string): string {
  if (text.length <= LONGEST_TEXT) {
    return text;
  }
  const half = LONGEST_TEXT / 2;
  return `${text.slice(0, half)}\n[... ${text.length - LONGEST_TEXT} characters left out ...]\n${text.slice(-half)}`;
}
