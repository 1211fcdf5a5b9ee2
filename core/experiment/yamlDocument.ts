import { Document } from 'yaml';
import type { ScalarTag } from 'yaml';

/** `1e-8` is a number in YAML 1.2 and text in YAML 1.1, which many other readers speak; `1.0e-8` is a number in both. */
const shortExponent: ScalarTag = {
  tag: 'tag:yaml.org,2002:float',
  default: true,
  identify: (value) => typeof value === 'number' && /^-?\de/.test(String(value)),
  test: /^-?\d\.0e[-+]?\d+$/,
  resolve: Number,
  stringify: ({ value }) => String(value).replace('e', '.0e'),
};

/** Plain data as a YAML document that every reader understands alike. */
export function yamlDocument(data: object): Document {
  return new Document(data, { customTags: (tags) => [shortExponent, ...tags] });
}
