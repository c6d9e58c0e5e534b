import { fastify } from "fastify";
import { Agent, request } from "undici";

/** The least that a proxy of one call can do: Fastify in front, undici behind, the body passed on as it comes. */
const upstream = process.argv[2] ?? "";
const agent = new Agent({ connections: 256 });
const app = fastify();
app.get("/*", async (incoming, reply) => {
  const answer = await request(upstream + incoming.url, {
    dispatcher: agent,
    headers: { authorization: incoming.headers.authorization ?? "" },
  });
  return reply
    .code(answer.statusCode)
    .header("content-type", answer.headers["content-type"])
    .send(answer.body);
});
const url = await app.listen({ port: 0, host: "127.0.0.1" });
process.stdout.write(`${JSON.stringify({ url })}\n`);
