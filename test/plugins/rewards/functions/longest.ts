/** Something that a function imports. */
export const longest = 100;
