// Sessions as the dashboard has them: Auth.js v5, JWTs, the user's id as claim `id`. Whoever names a user is let in.
import NextAuth from "next-auth";
import Credentials from "next-auth/providers/credentials";

export const { handlers, auth } = NextAuth({
  session: { strategy: "jwt" },
  providers: [Credentials({ credentials: { user: {} }, authorize: ({ user }) => ({ id: user }) })],
  callbacks: {
    jwt: ({ token, user }) => (user ? { ...token, id: user.id } : token),
    session: ({ session, token }) => ({ ...session, user: { id: token.id } }),
  },
});
