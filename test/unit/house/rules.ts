import { circles, resolve, type Tree } from './imports';

const EVERYWHERE = ['model', 'protocol'];

/** Whom each room may know, as ARCHITECTURE.md draws it. */
const MAY_KNOW: Readonly<Record<string, readonly string[]>> = {
  model: [],
  protocol: [],
  files: EVERYWHERE,
  onnxtxt: EVERYWHERE,
  formats: [...EVERYWHERE, 'files', 'onnxtxt'],
  analysis: [...EVERYWHERE, 'formats'],
  targets: [...EVERYWHERE, 'analysis', 'formats'],
  runtime: [...EVERYWHERE, 'files', 'formats'],
  evaluation: [...EVERYWHERE, 'analysis', 'files', 'formats', 'runtime'],
  quantization: [...EVERYWHERE, 'analysis', 'evaluation', 'files', 'formats', 'runtime'],
  git: ['files', 'model'],
  budgets: [...EVERYWHERE, 'analysis', 'files', 'formats', 'targets'],
  python: [...EVERYWHERE, 'analysis'],
  jobs: [
    ...EVERYWHERE,
    ...[
      'analysis',
      'budgets',
      'evaluation',
      'files',
      'formats',
      'onnxtxt',
      'python',
      'quantization',
      'runtime',
      'targets',
    ],
  ],
  cli: [
    ...EVERYWHERE,
    ...[
      'analysis',
      'budgets',
      'evaluation',
      'files',
      'formats',
      'git',
      'jobs',
      'onnxtxt',
      'quantization',
      'targets',
    ],
  ],
  extension: [...EVERYWHERE, 'evaluation', 'files', 'git', 'jobs', 'python', 'quantization'],
  webview: ['protocol'],
};

/** One file of a room that alone may know another room. */
const ONLY_FROM: readonly { room: string; knows: string; file: string }[] = [
  { room: 'python', knows: 'analysis', file: 'src/python/linking/indexModel.ts' },
];

/** Formats never know each other; what they share lies beside them. */
const FORMATS = ['onnx', 'tflite', 'coreml'];

/** The list of all formats. */
const REGISTRY = 'src/formats/index.ts';

/** Packages and whose they are alone. */
const PACKAGES: readonly { name: RegExp; rooms: readonly string[] }[] = [
  { name: /^vscode$/, rooms: ['extension'] },
  { name: /^(lit|lit\/.*|@vscode-elements\/.*|d3-hierarchy)$/, rooms: ['webview'] },
  { name: /^(onnxruntime-node|koffi)$/, rooms: ['runtime'] },
  { name: /^sharp$/, rooms: ['evaluation'] },
  { name: /^commander$/, rooms: ['cli'] },
  { name: /^(jsonc-parser|minimatch)$/, rooms: ['budgets'] },
];

/** Rooms without files, processes and clocks: what they say depends on nothing but what they are given. */
const WITHOUT_NODE = ['model', 'protocol', 'webview'];

/** Where recursion is the subject: files that call each other as the rules of a grammar do. */
const RECURSIVE: readonly { folder: string; reason: string }[] = [
  { folder: 'src/onnxtxt/', reason: 'a graph holds attributes, and attributes hold graphs' },
  { folder: 'src/python/evaluate/', reason: 'expressions call functions, whose statements hold expressions' },
];

/** Circles by type up to so many files: a thing and its parts that know it. */
const SMALL_CIRCLE = 3;

/** Every import that goes where it must not, in a sentence that names it. */
export function forbiddenImports(tree: Tree): string[] {
  return [...tree].flatMap(([file, imports]) => {
    const room = roomOf(file);
    if (room === null) return [];
    return imports.flatMap(({ from }) => {
      const target = resolve(tree, file, from);
      const why = from.startsWith('.') ? wrongRoom(room, file, target) : wrongPackage(room, from);
      return why === null ? [] : [`${file} imports ${target}: ${why}`];
    });
  });
}

function wrongRoom(room: string, file: string, target: string): string | null {
  if (/^test\/|\.test$/.test(target)) return 'the product knows no tests';
  const known = roomOf(target);
  if (known === null) return null;
  if (known === room) return room === 'formats' ? wrongFormat(file, target) : null;
  const allowed = MAY_KNOW[room];
  if (allowed === undefined)
    return `the room ${room} is not drawn in ARCHITECTURE.md and test/unit/house/rules.ts`;
  if (!allowed.includes(known)) return `${room} may know ${allowed.join(', ') || 'nobody'}, not ${known}`;
  const only = ONLY_FROM.find((one) => one.room === room && one.knows === known);
  return only && only.file !== file ? `of ${room}, only ${only.file} may know ${known}` : null;
}

function wrongFormat(file: string, target: string): string | null {
  const [own, other] = [file, target].map((one) =>
    FORMATS.find((name) => one.startsWith(`src/formats/${name}/`)),
  );
  if (other === undefined || own === other || file === REGISTRY) return null;
  return own === undefined ? `what formats share does not know ${other}` : `${own} does not know ${other}`;
}

function wrongPackage(room: string, name: string): string | null {
  if (name.startsWith('node:') && WITHOUT_NODE.includes(room)) return `${room} knows nothing of Node`;
  const owner = PACKAGES.find((one) => one.name.test(name));
  if (owner === undefined || owner.rooms.includes(room)) return null;
  return `${name} belongs to ${owner.rooms.join(', ')} alone`;
}

/** The first folder under src; the pages are one room. What lies elsewhere is in none. */
function roomOf(file: string): string | null {
  const [root, room] = file.split('/');
  if (root === 'webview') return 'webview';
  return root === 'src' && room !== undefined && !room.endsWith('.ts') ? room : null;
}

/** Files that import each other where they must not. `exceptions` are folders whose circles are known. */
export function forbiddenCircles(tree: Tree, exceptions: readonly string[] = []): string[] {
  const allowed = [...RECURSIVE.map(({ folder }) => folder), ...exceptions];
  const within = (circle: readonly string[]) =>
    allowed.some((folder) => circle.every((file) => file.startsWith(folder)));
  const byValue = circles(tree, ({ typeOnly }) => !typeOnly);
  const byType = circles(tree, () => true).filter(({ length }) => length > SMALL_CIRCLE);
  return [
    ...byValue.filter((circle) => !within(circle)).map((circle) => `by value: ${circle.join(', ')}`),
    ...byType.filter((circle) => !within(circle)).map((circle) => `by type: ${circle.join(', ')}`),
  ];
}
