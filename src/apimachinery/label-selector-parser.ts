import { newRequirement, SelectorSyntaxError, type LabelOperator, type LabelRequirement } from './label-requirement.ts';

/** Reads `a=b,c!=d,e in (x,y)`. @throws SelectorSyntaxError */
export function parseRequirements(text: string): LabelRequirement[] {
  return new Parser(text).parse();
}

interface Token {
  readonly type: 'word' | 'symbol' | 'end' | 'error';
  readonly text: string;
}

const SYMBOLS = new Set(['=', '==', '!=', '!', '(', ')', ',', '>', '<']);
const OPERATORS: Readonly<Record<string, LabelOperator>> = {
  '=': 'in',
  '==': 'in',
  '!=': 'notin',
  in: 'in',
  notin: 'notin',
  '>': 'gt',
  '<': 'lt',
};

/** Cuts the text into words and symbols; a symbol is the longest that fits. */
function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  for (const [part] of text.matchAll(/[=!(),<>]+|[^\s=!(),<>]+/g)) {
    if (/^[^=!(),<>]/.test(part)) tokens.push({ type: 'word', text: part });
    else for (const symbol of symbols(part)) tokens.push(symbol); // too many for a call's arguments, perhaps
  }
  return tokens;
}

function symbols(run: string): Token[] {
  const tokens: Token[] = [];
  for (let i = 0; i < run.length;) {
    const two = run.slice(i, i + 2);
    const text = two.length === 2 && SYMBOLS.has(two) ? two : run[i]!;
    tokens.push({ type: 'symbol', text });
    i += text.length;
  }
  return tokens;
}

/** A recursive descent over the tokens; error texts name what was found and what could stand there. */
class Parser {
  #tokens: Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = tokenize(text);
  }

  parse(): LabelRequirement[] {
    const requirements: LabelRequirement[] = [];
    for (;;) {
      const token = this.#peek();
      if (token.type === 'end') return requirements;
      if (!startsRequirement(token)) fail(token, "!, identifier, or 'end of string'");
      requirements.push(this.#requirement());
      const next = this.#next();
      if (next.type === 'end') return requirements;
      if (next.text !== ',' || next.type !== 'symbol') fail(next, "',' or 'end of string'");
      if (!startsRequirement(this.#peek())) fail(this.#peek(), "identifier after ','");
    }
  }

  #requirement(): LabelRequirement {
    try {
      return this.#requirementBody();
    } catch (error) {
      if (error instanceof SelectorSyntaxError)
        throw new SelectorSyntaxError(`unable to parse requirement: ${error.message}`);
      throw error;
    }
  }

  #requirementBody(): LabelRequirement {
    const absent = this.#take('!');
    const key = this.#next();
    if (key.type !== 'word') fail(key, 'identifier');
    if (absent) return newRequirement(key.text, '!', []);
    const after = this.#peek();
    if (after.type === 'end' || isSymbol(after, ',')) return newRequirement(key.text, 'exists', []);
    const operator = this.#next();
    if (!Object.hasOwn(OPERATORS, operator.text)) fail(operator, 'in, notin, =, ==, !=, gt, lt');
    const list = operator.text === 'in' || operator.text === 'notin';
    return newRequirement(key.text, OPERATORS[operator.text]!, list ? this.#list() : [this.#value()]);
  }

  #value(): string {
    const token = this.#peek();
    if (token.type === 'end' || isSymbol(token, ',')) return '';
    if (token.type !== 'word') fail(token, 'identifier');
    return this.#next().text;
  }

  /** `(a,b)`; an empty place is the empty string, no place at all is no value. */
  #list(): string[] {
    if (!this.#take('(')) throw new SelectorSyntaxError(`found '${this.#peek().text}' expected: '('`);
    if (this.#take(')')) return [];
    const values = new Set<string>();
    for (;;) {
      const token = this.#peek();
      if (token.type === 'word') values.add(this.#next().text);
      else if (isSymbol(token, ',') || isSymbol(token, ')')) values.add('');
      else fail(token, "',', ')' or identifier");
      if (this.#take(')')) return [...values].sort();
      if (!this.#take(',')) fail(this.#peek(), "',' or ')'");
    }
  }

  #peek(): Token {
    return this.#tokens[this.#at] ?? { type: 'end', text: '' };
  }

  #next(): Token {
    const token = this.#peek();
    this.#at++;
    return token;
  }

  #take(symbol: string): boolean {
    const found = isSymbol(this.#peek(), symbol);
    if (found) this.#at++;
    return found;
  }
}

function isSymbol(token: Token, symbol: string): boolean {
  return token.type === 'symbol' && token.text === symbol;
}

function startsRequirement(token: Token): boolean {
  return token.type === 'word' || isSymbol(token, '!');
}

function fail(token: Token, expected: string): never {
  throw new SelectorSyntaxError(`found '${token.text}', expected: ${expected}`);
}
