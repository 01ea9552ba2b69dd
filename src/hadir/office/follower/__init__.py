"""The follower: reads all journals into a projection that can be dropped and rebuilt."""
