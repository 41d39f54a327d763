/**
 * The symbols of HPACK's code (RFC 7541, appendix B) by the length of their codes in bits; within one length the codes
 * ascend with the symbols, so that nothing else need be known of them. The end-of-string symbol is not among them: its code
 * may not appear in a text.
 */
const symbols: readonly (readonly [bits: number, symbols: string])[] = [
  [5, '48-50 97 99 101 105 111 115 116'],
  [6, '32 37 45-47 51-57 61 65 95 98 100 102-104 108-110 112 114 117'],
  [7, '58 66-87 89 106 107 113 118-122'],
  [8, '38 42 44 59 88 90'],
  [10, '33 34 40 41 63'],
  [11, '39 43 124'],
  [12, '35 62'],
  [13, '0 36 64 91 93 126'],
  [14, '94 125'],
  [15, '60 96 123'],
  [19, '92 195 208'],
  [20, '128 130 131 162 184 194 224 226'],
  [21, '153 161 167 172 176 177 179 209 216 217 227 229 230'],
  [22, '129 132-134 136 146 154 156 160 163 164 169 170 173 178 181 185-187 189 190 196 198 228 232 233'],
  [23, '1 135 137-141 143 147 149-152 155 157 158 165 166 168 174 175 180 182 183 188 191 197 231 239'],
  [24, '9 142 144 145 148 159 171 206 215 225 236 237'],
  [25, '199 207 234 235'],
  [26, '192 193 200-202 205 210 213 218 219 238 240 242 243 255'],
  [27, '203 204 211 212 214 221-223 241 244-248 250-254'],
  [28, '2-8 11 12 14-21 23-31 127 220 249'],
  [30, '10 13 22'],
];

const longest = 30;
/** By length and code, in one number each: the symbol. */
const byCode = codes();

/** The text of a Huffman-coded string. @throws Error when it is none */
export function huffmanDecoded(bytes: Buffer): string {
  let text = '';
  let code = 0;
  let length = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      code = (code << 1) | ((byte >> bit) & 1);
      const symbol = byCode.get(++length * 2 ** longest + code);
      if (symbol === undefined && length < longest) continue;
      if (symbol === undefined) throw new Error('a header field is not coded as it should be');
      text += String.fromCharCode(symbol);
      code = length = 0;
    }
  }
  // What is left over must be the beginning of the end-of-string code: less than a byte, all ones.
  if (length > 7 || code !== 2 ** length - 1) throw new Error('a header field ends within a code');
  return text;
}

function codes(): Map<number, number> {
  const found = new Map<number, number>();
  let code = 0;
  let before = 0;
  for (const [bits, ranges] of symbols) {
    code <<= bits - before;
    before = bits;
    for (const symbol of ranges.split(' ').flatMap(numbers)) found.set(bits * 2 ** longest + code++, symbol);
  }
  return found;
}

/** `3-5` is 3, 4 and 5. */
function numbers(range: string): number[] {
  const [first = 0, last = first] = range.split('-').map(Number);
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
