import { auth } from "../../../auth";

export async function GET() {
  const session = await auth();
  return Response.json({ answeredBy: "the dashboard", user: session?.user.id ?? null });
}
