import { describe, expect, it } from 'vitest';
import { escapeHtml, html, trustedMarkup } from '../../core/report/html.ts';

describe('html', () => {
  it('escapes text for elements and for attributes in either quotes', () => {
    const text = `<b title="x" class='y'>&amp;</b>`;
    expect(escapeHtml(text)).toBe('&lt;b title=&quot;x&quot; class=&#39;y&#39;&gt;&amp;amp;&lt;/b&gt;');
    expect(html`<p title="${text}">${text}</p>`.text).not.toMatch(/<b|"x"|'y'/);
  });

  it('takes markup, lists and nothing as they are', () => {
    expect(html`<p>${trustedMarkup('<br>')}${[1, html`<i>${'<'}</i>`, undefined]}${undefined}</p>`.text).toBe(
      '<p><br>1<i>&lt;</i></p>',
    );
  });

  it('shows characters that nobody sees, but for tab and line feed', () => {
    expect(escapeHtml('a\u0000\u001b\t\n\r\u202e\ufeffb')).toBe('a\\u0000\\u001b\t\n\\u000d\\u202e\\ufeffb');
  });
});
