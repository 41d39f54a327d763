import { expect } from 'chai';
import { CelError, compile, type Value } from '../../src/cel/index.ts';

const variables = {
  name: 'gpu-1',
  n: 3n,
  ratio: 1.5,
  tags: ['a', 'b'],
  labels: new Map<string, Value>([['zone', 'z1']]),
};
const environment = { variables: Object.keys(variables), budget: 10_000 };
const run = (source: string) => compile(source, environment)(variables);

describe('cel', () => {
  const values: [string, Value][] = [
    ['true && !false', true],
    ['1 + 2 * 3 - 4', 3n],
    ['-9223372036854775808', -(2n ** 63n)],
    ['7 / 2 + 7 % 2', 4n],
    ['-7 / 2', -3n],
    ['0x10', 16n],
    ['1.5e1 * 2.0', 30],
    ['1 == 1.0 && 1u == 1', true],
    ['1 < 1.5', true],
    ['"a" + \'b\'', 'ab'],
    [String.raw`"\u0041\n\x42" == "A\nB"`, true],
    [String.raw`r"\n"`, String.raw`\n`],
    ['"""two\nlines"""', 'two\nlines'],
    ['"a" < "b"', true],
    ['"a" == 1', false],
    ['n > 2 ? "many" : "few"', 'many'],
    ['name.startsWith("gpu") && name.endsWith("1") && name.contains("-")', true],
    ['"AbC".lowerAscii() + "AbC".upperAscii()', 'abcABC'],
    ['size(name) + size(tags) + size(labels)', 8n],
    ['name.size()', 5n],
    ['"a" in tags && !("c" in tags) && "zone" in labels', true],
    ['labels.zone + labels["zone"] + tags[1]', 'z1z1b'],
    ['has(labels.zone) && !has(labels.region)', true],
    ['{"a": [1, 2,]}.a[1] == 2 // the second', true],
    ['[1, 2, 3].all(x, x > 0)', true],
    ['[1, 2, 3].exists(x, x == 2) && tags.exists_one(t, t == "a")', true],
    ['[1, 2, 3].filter(x, x > 1).map(x, x * 2) == [4, 6]', true],
    ['[1, 2, 3].map(x, x > 1, x) == [2, 3]', true],
    ['labels.exists(k, labels[k] == "z1")', true],
    ['cel.bind(z, labels.zone, z + z)', 'z1z1'],
    ['int("5") + int(2.9) + int(3u)', 10n],
    ['string(5) + string(true)', '5true'],
    ['double(1) == 1.0', true],
    // One side decides although the other has no value.
    ['labels.region == "r" || true', true],
    ['false && labels.region == "r"', false],
    ['[labels.zone, ""].exists(x, x[0] == "" || x == "")', true],
  ];
  for (const [source, value] of values) {
    it(`${source} has a value`, () => expect(run(source)).to.deep.equal(value));
  }

  const failures: [string, string][] = [
    ['labels.region', 'no such key: region'],
    ['tags[2]', 'index out of bounds: 2'],
    ['1 + "a"', 'no such overload'],
    ['1 + 1.0', 'no such overload'],
    ['1 && true', 'no such overload'],
    ['1 / 0', 'division by zero'],
    ['1 % 0', 'modulus by zero'],
    ['9223372036854775807 + 1', 'integer overflow'],
    ['0u - 1u', 'unsigned integer overflow'],
    ['"a" < 1', 'no such overload'],
    ['int("x")', "type conversion error from 'string' to 'int'"],
    ['true && labels.region == "r"', 'no such key: region'],
    ['nobody', "ERROR: <input>:1:1: undeclared reference to 'nobody' (in container '')\n | nobody\n | ^"],
    ['1 + what(2)', "ERROR: <input>:1:5: undeclared reference to 'what' (in container '')\n | 1 + what(2)\n | ....^"],
    [
      'name.constructor()',
      "ERROR: <input>:1:6: undeclared reference to 'constructor' (in container '')\n | name.constructor()\n | .....^",
    ],
    [
      'name.matches("a*")',
      "ERROR: <input>:1:6: undeclared reference to 'matches' (in container '')\n | name.matches(\"a*\")\n | .....^",
    ],
    ['n ==', "ERROR: <input>:1:5: Syntax error: mismatched input '<EOF>'\n | n ==\n | ....^"],
    ['(1', "ERROR: <input>:1:3: Syntax error: mismatched input '<EOF>' expecting ')'\n | (1\n | ..^"],
    ['1 1', "ERROR: <input>:1:3: Syntax error: mismatched input '1'\n | 1 1\n | ..^"],
    ['1 &\n2', "ERROR: <input>:1:3: Syntax error: token recognition error at: '&'\n | 1 &\n | ..^"],
    ['has(n)', 'ERROR: <input>:1:5: invalid argument to has() macro\n | has(n)\n | ....^'],
    ['tags.all(1, true)', 'ERROR: <input>:1:10: argument must be a simple name\n | tags.all(1, true)\n | .........^'],
    ['[x for', "ERROR: <input>:1:4: Syntax error: mismatched input 'for' expecting ','\n | [x for\n | ...^"],
  ];
  for (const [source, message] of failures) {
    it(`${source} fails`, () =>
      expect(() => run(source))
        .to.throw(CelError)
        .with.property('message', message));
  }

  it('refuses what is nested too deep, and says where', () => {
    expect(() => run(`${'('.repeat(300)}1${')'.repeat(300)}`)).to.throw('expression recursion limit exceeded: 250');
    expect(() => run('[x'.repeat(300))).to.throw(CelError);
  });

  it('ends what would take too long, or too much', () => {
    const ten = '[1,2,3,4,5,6,7,8,9,0]';
    const all = (depth: number): string => (depth === 0 ? 'true' : `${ten}.all(x${depth}, ${all(depth - 1)})`);
    expect(() => run(all(8))).to.throw('actual cost limit exceeded');
    const doubled = (depth: number): string => (depth === 0 ? 'x' : `cel.bind(x, x + x, ${doubled(depth - 1)})`);
    expect(() => run(`cel.bind(x, "abcdefghij", ${doubled(100)})`)).to.throw('actual cost limit exceeded');
    const nested = (depth: number): string => (depth === 0 ? 'x == x' : `cel.bind(x, [x, x], ${nested(depth - 1)})`);
    expect(run(`cel.bind(x, 1, ${nested(5)})`)).to.equal(true);
    expect(() => run(`cel.bind(x, 1, ${nested(60)})`)).to.throw('actual cost limit exceeded');
    const long = (depth: number): string => (depth === 0 ? 'x.contains(x)' : `cel.bind(x, x + x, ${long(depth - 1)})`);
    expect(() => run(`cel.bind(x, "abcdefghij", ${long(11)})`)).to.throw('actual cost limit exceeded');
  });

  it('knows the functions that its environment brings along', () => {
    const twice = compile('twice(n) == n.twice()', {
      ...environment,
      functions: { twice: (value) => (value as bigint) * 2n },
    });
    expect(twice(variables)).to.equal(true);
  });
});
