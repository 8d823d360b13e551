/** A real gateway under the scenarios that the fake AWS is held to as well. */
import { CreateBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3"
import * as SharedGateway from "@bailiwick/testkit/aws/SharedGateway"
import * as Peer from "../aws/support/Peer.ts"
import { describePeer } from "../aws/support/PeerSuite.ts"

const Bucket = "peer"

describePeer("a real gateway", true, async () => {
  const { owner, ...gateway } = SharedGateway.get()
  const client = new S3Client({
    endpoint: gateway.url,
    region: "us-east-1",
    forcePathStyle: true,
    credentials: owner
  })
  await client.send(new CreateBucketCommand({ Bucket }))
  for (const Key of Peer.objects) await client.send(new PutObjectCommand({ Bucket, Key, Body: `of ${Key}` }))
  return { ...gateway, bucket: Bucket }
})
