import type { JudgedPlugin } from '../../core/conformance/judgePlugin.ts';

/** A plugin that is wrong in one way. */
export interface WrongPlugin {
  /** What it does wrong. */
  readonly wrong: string;
  readonly judged: JudgedPlugin;
  /** The behaviours in which it must fail, and no others. */
  readonly fails: readonly string[];
  /** What the message says, with method and numbers. */
  readonly message: RegExp;
}

/** A plugin that does all that its suite asks for, and wrong ones that differ from it in one way each. */
export interface JudgedSamples {
  readonly kind: JudgedPlugin['kind'];
  readonly sound: JudgedPlugin;
  readonly wrong: readonly WrongPlugin[];
}
