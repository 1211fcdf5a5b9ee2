/** How two extracted texts are compared. */
export interface CompareOptions {
  /** Decimals within half a unit of this decimal place of an exact value are equal to it. */
  readonly precision: number;
  /** Variable names matter, and a set is no tuple. */
  readonly strict: boolean;
  /** A reference that is a set may be answered by a relation (`x > 3` for `(3, oo)`); the reverse is always allowed. */
  readonly allowSetRelationComp: boolean;
  /** The choices that an answer may be; compared as texts. */
  readonly strings?: readonly string[];
  /** Whether letter case does not matter among `strings`. */
  readonly lowercase?: boolean;
}

/** What a comparison came to. */
export interface Comparison {
  /** undefined: the reference cannot be read, so nothing can be said. */
  readonly equal: boolean | undefined;
  /** The comparison that decided: `text`, `number`, `set`, ... */
  readonly decidedBy: string;
  /** What was read and tried, in order. */
  readonly trace: readonly string[];
}

/** What is used where nothing else is said; Math-Verify's defaults. */
export const defaultCompareOptions: CompareOptions = { precision: 6, strict: true, allowSetRelationComp: false };
