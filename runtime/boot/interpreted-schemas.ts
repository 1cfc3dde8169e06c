// Imported before any schema is made: zod compiles a function for each object it parses, which costs more memory than it saves time
// where little is parsed.
import { z } from 'zod';

z.config({ jitless: true });
