export async function DELETE(request, { params }) {
  return Response.json({ answeredBy: "the dashboard", id: (await params).id });
}
