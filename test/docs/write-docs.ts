// npm run docs: writes the pages that are made from schemas.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { entrySchemaText } from '../../catalog/json-schema.ts';
import { describeSubjects } from '../../runtime/api/describe-subjects.ts';
import { projectRoot } from '../helpers/source-tree.ts';

writeFileSync(join(projectRoot, 'docs/subjects.md'), describeSubjects());
writeFileSync(join(projectRoot, 'docs/catalog.schema.json'), entrySchemaText());
