import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';

/** Problems of a document under the published schema of SARIF 2.1.0; none where it is valid. */
export function sarifProblems(document: unknown): string[] {
  const file = join(import.meta.dirname, 'published', 'sarif-schema-2.1.0.json');
  // It is written for draft 4 of JSON Schema, whose words mean the same in draft 7 but for the name of its id.
  const { $schema: _, id: __, ...schema } = JSON.parse(readFileSync(file, 'utf8'));
  const uri = (text: string) => URL.canParse(text, 'https://base.invalid/');
  const ajv = new Ajv({
    strict: false,
    allErrors: true,
    formats: { uri: (text: string) => URL.canParse(text), 'uri-reference': uri, 'date-time': true },
  });
  const validate = ajv.compile(schema);
  validate(document);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
