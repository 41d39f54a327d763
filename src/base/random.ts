import { randomFillSync } from 'node:crypto';

/** A source of uniform random numbers in [0, 1), passed as a parameter so that tests can repeat a run. */
export type Random = () => number;

/** The machine's randomness. Not for secrets: those come from `node:crypto`. */
export const realRandom: Random = () => Math.random();

/** Randomness that nobody can guess: for the ids of questions that an answer must repeat. */
export const secureRandom: Random = () => {
  if (at >= pool.length) {
    randomFillSync(pool);
    at = 0;
  }
  return pool[at++]! / 2 ** 32;
};

const pool = new Uint32Array(256);
let at = pool.length;

/** A repeatable source for tests (mulberry32). */
export function seededRandom(seed: number): Random {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The letters of generated names: no vowels and none that look alike, so that no words appear. */
const NAME_LETTERS = 'bcdfghjklmnpqrstvwxz2456789';

/** A random suffix as in `web-7d4b9-x2k4f`. */
export function randomSuffix(random: Random, length = 5): string {
  let out = '';
  for (let i = 0; i < length; i++) out += NAME_LETTERS[Math.floor(random() * NAME_LETTERS.length)];
  return out;
}
