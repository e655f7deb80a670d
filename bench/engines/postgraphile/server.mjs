// PostGraphile 5 on the benchmark's database, with its own HTTP server; prints its port.
import { createServer } from "node:http";
import { PgManyToManyPreset } from "@graphile-contrib/pg-many-to-many";
import { postgraphile } from "postgraphile";
import { makePgService } from "postgraphile/adaptors/pg";
import { grafserv } from "postgraphile/grafserv/node";
import { PostGraphileAmberPreset } from "postgraphile/presets/amber";

const { BENCH_DATABASE_URL, BENCH_MERCHANT, BENCH_POOL } = process.env;
const held = new URL(BENCH_DATABASE_URL);
// The merchant is held by the connection, which spares it a transaction for every request.
held.searchParams.set("options", `-capp.merchant=${BENCH_MERCHANT}`);

const instance = postgraphile({
  extends: [PostGraphileAmberPreset, PgManyToManyPreset],
  schema: { defaultBehavior: "-connection +list" },
  grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false },
  pgServices: [
    makePgService({
      connectionString: held.href,
      schemas: ["public"],
      pubsub: false,
      poolConfig: { max: Number(BENCH_POOL) },
    }),
  ],
});
const server = createServer();
await instance.createServ(grafserv).addTo(server);
await instance.getSchema();
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
