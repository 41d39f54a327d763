import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One field as client-node describes it. */
export interface ModelField {
  /** The name in TypeScript, `_default` where the JSON name is `default`. */
  readonly name: string;
  readonly baseName: string;
  /** `string`, `Array<V1Container>`, `{ [key: string]: string; }`, ... */
  readonly type: string;
  readonly format: string;
  readonly required: boolean;
  readonly description: string;
}

/** One class of client-node. */
export interface Model {
  readonly className: string;
  readonly description: string;
  readonly fields: readonly ModelField[];
}

/** The classes that the serializer knows; files of other names are left over from older versions. */
export function classNames(modelsDir: string): string[] {
  const text = readFileSync(join(modelsDir, 'ObjectSerializer.js'), 'utf8');
  const map = /let typeMap = \{([^}]*)\}/.exec(text)?.[1];
  if (!map) throw new Error(`${modelsDir}/ObjectSerializer.js has no typeMap: has the layout of client-node changed?`);
  return [...map.matchAll(/"(\w+)":/g)].map((m) => m[1]!);
}

/** Reads one class: names, types and formats from its `.js`, optionality and descriptions from its `.d.ts`. */
export function readModel(modelsDir: string, className: string): Model {
  const code = readFileSync(join(modelsDir, `${className}.js`), 'utf8');
  const types = readFileSync(join(modelsDir, `${className}.d.ts`), 'utf8');
  const attributes = /attributeTypeMap = (\[[\s\S]*?\n?\]);/.exec(code)?.[1];
  const header = /\/\*\*\n\* ([^\n]*)\n\*\/\nexport declare class/.exec(types)?.[1] ?? '';
  if (!attributes)
    throw new Error(`${modelsDir}/${className}.js has no attributeTypeMap: has the layout of client-node changed?`);
  const declared = declarations(types);
  const fields = (JSON.parse(attributes) as Omit<ModelField, 'required' | 'description'>[]).map((field) => {
    const declaration = declared.get(field.name);
    if (!declaration) throw new Error(`${className}.d.ts does not declare ${field.name}`);
    return { ...field, ...declaration };
  });
  return { className, description: unescapeComment(header), fields };
}

function declarations(types: string): Map<string, { required: boolean; description: string }> {
  const found = new Map<string, { required: boolean; description: string }>();
  for (const m of types.matchAll(/(?: {4}\/\*\*\n {4}\* ([^\n]*)\n {4}\*\/\n)? {4}'([^'\n]+)'(\??): /g)) {
    found.set(m[2]!, { required: m[3] !== '?', description: unescapeComment(m[1] ?? '') });
  }
  return found;
}

/** The generator breaks up what would end a comment, and escapes quotes and backslashes as if in a string. */
function unescapeComment(text: string): string {
  return text.replaceAll('*_/', '*/').replace(/\\(.)/g, '$1');
}
