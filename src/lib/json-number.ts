/** What a number was read up to, as the grammar of JSON has it (RFC 8259, 6); `NO_NUMBER`: a byte can't go on with it. */
export const NO_NUMBER = 0;
const MINUS = 1;
const ZERO = 2;
const INTEGER = 3;
const POINT = 4;
const FRACTION = 5;
const E = 6;
const SIGN = 7;
const EXPONENT = 8;

/** By state: whether the number may end there. */
export const COMPLETE_NUMBER = Uint8Array.from([0, 0, 1, 1, 0, 1, 0, 0, 1]);

/** By state and byte, 256 of them in a row: the next state. */
const NEXT = new Uint8Array(9 * 256);
allow([NO_NUMBER], "-", MINUS);
allow([NO_NUMBER, MINUS], "0", ZERO);
allow([NO_NUMBER, MINUS], "123456789", INTEGER);
allow([INTEGER], "0123456789", INTEGER);
allow([ZERO, INTEGER], ".", POINT);
allow([POINT, FRACTION], "0123456789", FRACTION);
allow([ZERO, INTEGER, FRACTION], "eE", E);
allow([E], "+-", SIGN);
allow([E, SIGN, EXPONENT], "0123456789", EXPONENT);

function allow(states: readonly number[], characters: string, next: number): void {
  for (const state of states) {
    for (const character of characters) NEXT[state * 256 + character.charCodeAt(0)] = next;
  }
}

export function firstNumberState(byte: number): number {
  return nextNumberState(NO_NUMBER, byte);
}

export function nextNumberState(state: number, byte: number): number {
  return NEXT[state * 256 + byte] ?? NO_NUMBER;
}
